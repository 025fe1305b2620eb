"""The data card as a page that any static web server shows, from the same Markdown."""

from __future__ import annotations

import html

from markdown_it import MarkdownIt

_STYLE = """
body { font: 15px/1.55 "Liberation Sans", Arial, Helvetica, sans-serif; color: #1d2b33; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.7rem } h2 { font-size: 1.25rem; margin-top: 2rem; border-bottom: 1px solid #dde4e8; padding-bottom: .2rem } h3 { font-size: 1rem }
blockquote { margin: 1rem 0; padding: .6rem .9rem; border-left: 4px solid #e09f3e; background: #fdf6ec } blockquote p { margin: 0 }
table { border-collapse: collapse; font-size: .9rem; margin: .8rem 0 } th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #dde4e8; vertical-align: top }
th { color: #5b6b74; font-weight: normal } code, pre { font: .85rem "Liberation Mono", monospace; background: #eef4f6 } pre { padding: .8rem; overflow-x: auto }
img { max-width: 100%; display: block; margin: .6rem 0 } a { color: #1f6f8b }
"""  # noqa: E501 (a style sheet reads better by rule)


def card_page(title: str, markdown: str) -> str:
    """Return the page; HTML inside the Markdown is shown as text, not run."""
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    head = '<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">'
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n{head}\n<title>{html.escape(title)}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )
