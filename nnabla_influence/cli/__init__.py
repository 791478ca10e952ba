"""The command line: one module per command, each with `add_parser(subparsers)` and `run(args, console) -> int`.

`main` finds the command and turns errors into messages and exit codes, `options` holds what several commands share,
and `console` is the only place of the package that prints.
"""
