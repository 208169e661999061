"""``seem-ros library``: list, export, rename and forget what was taught."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--library", metavar="DIR", help="folder of the library (your own one)")
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    what.add_parser("list", help="names, how often each was shown, and its newest picture")
    export = what.add_parser("export", help="copy things to a new folder, a library itself")
    export.add_argument("out", metavar="DIR")
    export.add_argument("names", nargs="*", metavar="NAME", help="all by default")
    rename = what.add_parser("rename", help="give a thing another name")
    rename.add_argument("name", metavar="NAME")
    rename.add_argument("new_name", metavar="NEW_NAME")
    forget = what.add_parser("forget", help="delete things for good")
    forget.add_argument("names", nargs="+", metavar="NAME")


def run(args: argparse.Namespace) -> int:
    """Carry the command out and print what was done."""
    from seem_ros.library import Library

    library = Library(args.library)
    match args.what:
        case "list":
            for thing in library.things():
                views = "1 view" if thing.views == 1 else f"{thing.views} views"
                print(f"{thing.name:30} {views:9} {thing.pictures[-1]}")
            if not len(library):
                print(f"nothing was taught yet ({library.path})")
        case "export":
            copied = library.export(args.out, args.names)
            print(f"copied {', '.join(copied)} to {args.out}")
        case "rename":
            library.rename(args.name, args.new_name)
            print(f"renamed {args.name} to {args.new_name}")
        case "forget":
            print(f"forgot {', '.join(library.forget(args.names))}")
    return 0
