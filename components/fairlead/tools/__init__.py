"""How programs, images and charts get onto a bare machine.

The lock (`fairlead.catalog.lock`) says what; the modules here say how: found on PATH, downloaded and
checked, taken out of a wheel or a Debian package, or built from source, once, into a cache.
`setup.ensure_all` is the entry; `toolchain`, `images`, `charts` and `stages` serve single wishes.
"""
