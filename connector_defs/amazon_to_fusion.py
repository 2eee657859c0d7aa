"""A connection from Amazon to Fusion Cloud ERP: its settings, and how its door is opened."""

from connector_defs.amazon_to_erp import AmazonToErpSettings, ErpDoors
from connector_defs.cron import CronLine
from resources.erp.fusion.client import Fusion
from resources.erp.fusion.opening import open_fusion
from resources.erp.fusion.settings import FusionSettings


class AmazonToFusionSettings(AmazonToErpSettings):
    """A connection from one Amazon seller account to one ledger of Fusion Cloud ERP."""

    fusion: FusionSettings
    master_data_schedule: CronLine = "22 * * * *"

    @property
    def keeps_receivables(self) -> bool:
        """Tell whether the receivables of the pod are described."""
        return self.fusion.receivables is not None

    @property
    def keeps_receipts(self) -> bool:
        """Tell whether the receipts of the pod are described."""
        return self.fusion.receivables is not None and self.fusion.receivables.receipts is not None

    @property
    def reads_masters(self) -> bool:
        """Tell whether the pod's master data is described."""
        return self.fusion.master_data is not None

    @property
    def makes_items(self) -> bool:
        """Tell whether the settings say what a new item is given."""
        return self.fusion.master_data is not None and bool(self.fusion.master_data.new_item)

    @property
    def ledger_id(self) -> str:
        """Return the ledger's number, which stays when the pod moves to another host and when the ledger is renamed."""
        return f"fusion:{self.fusion.ledger_id}"

    @property
    def erp_name(self) -> str:
        """Return Fusion."""
        return "Fusion"

    @property
    def erp_address(self) -> str:
        """Return where the pod is."""
        return self.fusion.root_url

    @property
    def erp_secrets(self) -> tuple[str, ...]:
        """Return id and secret of the OAuth client."""
        return self.fusion.client_id_secret, self.fusion.client_secret_secret

    @property
    def erp_units(self) -> tuple[str, ...]:
        """Return the units that have a control of their own; the ledger holds every unit of the mapping."""
        return tuple(self.fusion.controls)

    def open_target(self, doors: ErpDoors) -> Fusion:
        """Open the door to Fusion."""
        return open_fusion(
            self.fusion,
            connection=doors.connection,
            user_agent=doors.user_agent,
            read_secret=doors.vault.get,
            clock=doors.clock,
            tokens=doors.stores.tokens(doors.vault),
            memory=doors.stores.jobs,
            recorder=doors.stores.exchanges,
            buckets=doors.stores.buckets,
            transport=doors.transport,
        )
