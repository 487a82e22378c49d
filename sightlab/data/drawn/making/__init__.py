"""Making: the catalog, the plan of all photos, and the processes that draw them into a folder."""
