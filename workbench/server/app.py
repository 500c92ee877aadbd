"""The extension as Jupyter Server loads it: its settings and its handlers."""

from __future__ import annotations

from pathlib import Path

from jupyter_server.extension.application import ExtensionApp
from traitlets import Float, Int, Unicode

from workbench.jobs.running import warm
from workbench.server.calls import Calls
from workbench.server.desk import Desk
from workbench.server.handlers import HANDLERS
from workbench.server.pictures import keep_pictures


class WorkbenchApp(ExtensionApp):
    """Shows one workspace over HTTP and calls verbs in it."""

    name = "workbench"
    extension_url = "/lab"
    load_other_extensions = True

    workspace = Unicode("", help="Folder of the workspace; empty: $WORKBENCH_WORKSPACE, else the nearest one.").tag(config=True)
    max_body = Int(1_000_000, min=1, help="Most bytes of a verb's arguments.").tag(config=True)
    max_file = Int(1 << 30, min=1, help="Most bytes of a run's file that is sent.").tag(config=True)
    max_calls = Int(4, min=1, help="Most verbs at work at a time.").tag(config=True)
    call_timeout_s = Float(900.0, min=1.0, help="Seconds after which a verb is ended.").tag(config=True)

    def initialize_settings(self) -> None:
        """Give the handlers what they share."""
        assert self.serverapp is not None  # linked before it is initialized
        warm.ensure()  # so that the first verb does not wait for Python to load
        self.serverapp.contents_manager.register_pre_save_hook(keep_pictures)
        self.settings["workbench_desk"] = Desk(
            root_dir=Path(self.serverapp.root_dir).resolve(),
            told=self.workspace,
            at_work=Calls(most=self.max_calls, timeout_s=self.call_timeout_s),
            max_body=self.max_body,
            max_file=self.max_file,
        )

    def initialize_handlers(self) -> None:
        """Add the addresses under /workbench/."""
        self.handlers.extend(HANDLERS)
