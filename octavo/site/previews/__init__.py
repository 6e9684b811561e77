"""Preview links: what they show, how they are signed, and the site as one of them shows it."""
