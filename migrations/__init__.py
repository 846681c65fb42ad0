"""Migrations, a package for each app; written by `liuhe migrate --write`."""
