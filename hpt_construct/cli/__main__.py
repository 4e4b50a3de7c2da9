"""``python -m hpt_construct.cli`` is ``hpt``."""

from . import main

if __name__ == "__main__":
    main()
