"""``pushrail size``: how many replicas a load needs. Asks nobody and changes nothing."""

import re
from fractions import Fraction
from math import ceil

import click


def number(context: click.Context, option: click.Parameter, value: str) -> Fraction:
    """A positive decimal number, exact as it is written: 0.1 is a tenth here, which no float is."""
    if not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", value, re.ASCII) or not Fraction(value):
        raise click.BadParameter(f"{value!r} must be a number above 0, such as 0.7")
    return Fraction(value)


def share(context: click.Context, option: click.Parameter, value: str) -> Fraction:
    """A part of a whole."""
    found = number(context, option, value)
    if found > 1:
        raise click.BadParameter(f"{value} must be at most 1, the whole; 0.7 is 70 %")
    return found


def replicas_for(rps: Fraction, seconds: Fraction, concurrency: int, target: Fraction) -> int:
    """Replicas that serve a load and are not busier than ``target``.

    As many requests are in flight as arrive in the time that one takes (Little's law); a replica works on ``concurrency`` of them.

    Args:
        rps: requests a second.
        seconds: that one request takes.
        concurrency: requests that one replica works on at the same time.
        target: the share of that which is to be in use, above 0 and at most 1.

    Returns:
        ceil(rps x seconds / target / concurrency), in exact arithmetic.
    """
    return ceil(rps * seconds / target / concurrency)


def advice(rps: Fraction, seconds: Fraction, concurrency: int, target: Fraction) -> list[str]:
    """The number, what it means, and the lines for ``pipeline.yaml``."""
    number, percent = replicas_for(rps, seconds, concurrency, target), max(1, round(target * 100))
    least, most = min(number, 2), max(number, 2)
    busy = f"of which it is to be busy with {float(target * concurrency):g}, so that few requests wait"
    return [
        f"{number} replica{'s' if number > 1 else ''}",
        "",
        f"{float(rps):g} requests/s that take {float(seconds):g} s each are {float(rps * seconds):g} in flight at any moment.",
        f"A replica works on {concurrency} at a time, {busy}.",
        "A rollout takes no replica away; to keep this up while one is lost, have one more.",
        "",
        "In pipeline.yaml, always as many:",
        f"  target: {{create: {{replicas: {number}}}}}",
        "or, if that is the peak, as many as there is to do, with cpus as what a busy replica uses:",
        f"  target: {{create: {{autoscale: {{min: {least}, max: {most}, cpu: {percent}}}}}}}",
    ]


@click.command()
@click.option("--rps", metavar="NUMBER", callback=number, required=True, help="Requests a second at the peak.")
@click.option("--seconds", metavar="NUMBER", callback=number, required=True, help="How long one request takes.")
@click.option("--concurrency", type=click.IntRange(1), default=1, help="Requests one replica works on at a time: workers times threads.")
@click.option("--target", metavar="SHARE", callback=share, default="0.7", help="The share of that which is to be in use, up to 1.")
def size(rps: Fraction, seconds: Fraction, concurrency: int, target: Fraction) -> None:
    """Say how many replicas a load needs, and where to write it."""
    for line in advice(rps, seconds, concurrency, target):
        click.echo(line)
