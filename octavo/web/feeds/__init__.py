"""What programs read: feeds, sitemaps, robots.txt, oEmbed."""
