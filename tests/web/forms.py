"""Forms as a browser has them: what stands in each control, and what is wrong with it."""

import re
from html import unescape


def filled(page, begin="<form "):
    """Every control of a form with what stands in it, as a browser would send it."""
    form = page.text[page.text.rindex(begin) :]
    sent = {}
    for control in re.findall(r"<input[^>]*>", form):
        name, value = (re.search(rf'\b{key}="([^"]*)"', control) for key in ("name", "value"))
        if name:
            sent[name[1]] = unescape(value[1]) if value else ""
    for name, options in re.findall(r'<select[^>]* name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        chosen = chosen or re.search(r'<option value="([^"]*)"', options)
        sent[name] = unescape(chosen[1])
    return sent


def wrong(page):
    """The sentences at the controls that have a problem, by their ids."""
    found = re.findall(r'<div class="invalid-feedback[^"]*" id="e-([^"]*)"[^>]*>(.*?)</div>', page.text)
    return {name: unescape(sentence) for name, sentence in found if sentence}
