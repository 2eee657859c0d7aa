"""The settlement reader: Amazon's settlement files, V2 and archived V1, as typed lines."""

from resources.amazon.settlement_file.lines import COLUMN_TYPES
from resources.amazon.settlement_file.reader import read_settlement
from resources.amazon.settlement_file.scan import lines_relation
from resources.amazon.settlement_file.settlement import CarriedAmount, SettlementFile, TripleTotal

__all__ = ["COLUMN_TYPES", "CarriedAmount", "SettlementFile", "TripleTotal", "lines_relation", "read_settlement"]
