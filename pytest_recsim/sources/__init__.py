"""Where fixtures come from: the seeded generator, the MovieLens importer and the fixture writer."""
