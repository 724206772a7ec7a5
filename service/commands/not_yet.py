"""Commands whose names are fixed and whose work comes later: they say so and exit with 2; they never pretend."""

import click

WORDS = ("backup", "restore", "verify", "export", "erase")


def _later(word: str) -> click.Command:
    @click.command(word, context_settings={"ignore_unknown_options": True}, help="Not yet.", short_help="Not yet.")
    @click.argument("rest", nargs=-1)
    @click.pass_context
    def command(context: click.Context, rest: tuple[str, ...]) -> None:
        click.echo(f"{word}: not yet", err=True)
        context.exit(2)

    return command


backup, restore, verify, export, erase = map(_later, WORDS)
