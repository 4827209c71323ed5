"""A page about a stretch of time: what was there, held, used, waited for and spent. Data first, then the page."""
