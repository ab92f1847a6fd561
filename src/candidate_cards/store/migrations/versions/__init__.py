"""One module for each version of the schema. There is no way back but a backup."""
