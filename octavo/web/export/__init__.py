"""The export: the whole site as files for any static host, and for reading from disk.

addresses.py tells which addresses there are, and in which file each is; answers.py asks the site
for them; links.py makes their links right where nothing but files is; folder.py keeps the files,
and record.py what the last export was made of, so that the next one makes only what has changed.
"""
