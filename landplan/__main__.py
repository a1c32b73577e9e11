"""``python -m landplan`` is the command line."""

from landplan.cli import main

if __name__ == "__main__":
    main()
