"""The page of the explorer without Jupyter: the same module and style, its questions answered by a desk."""

import base64
from pathlib import Path

import sightlab.views

VIEWS = Path(sightlab.views.__file__).parent
PAGE = """<!doctype html><meta charset="utf-8"><title>explorer</title><style>%s</style><main id="root"></main>
<script type="module">
%s
const listeners = new Set();
const view = (text) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new DataView(bytes.buffer);
};
const model = {
  on: (event, listener) => listeners.add(listener),
  off: (event, listener) => listeners.delete(listener),
  send: async (question) => {
    const [reply, pictures] = await window.askDesk(question);
    for (const listener of listeners) listener(reply, pictures.map(view));
  },
};
window.closeExplorer = explorer.render({ model, el: document.getElementById("root") });
</script>"""


def show(page, desk) -> None:
    """Opens an explorer in a page, answered by a desk of this process, and waits for its first card.

    Args:
        page: of playwright.
        desk: `views.explorer_desk.Desk`.
    """

    def ask(question: dict) -> list:
        reply, pictures = desk.answer(question)
        return [{**reply, "id": question["id"]}, [base64.b64encode(picture).decode() for picture in pictures]]

    page.expose_function("askDesk", ask)
    script = (VIEWS / "explorer_failures.js").read_text(encoding="utf-8")
    style = (VIEWS / "explorer_failures.css").read_text(encoding="utf-8")
    page.set_content(PAGE % (style, script.replace("export default", "const explorer =")))
    page.wait_for_selector(".sl-head, .sl-card .sl-empty")
