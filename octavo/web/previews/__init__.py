"""Preview links: one text, or the whole site, before readers see it."""
