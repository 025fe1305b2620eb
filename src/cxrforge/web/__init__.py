"""The reading room in a browser: pages and a JSON interface over one workspace. A thin face; the work is elsewhere."""
