"""What a bought node is, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.catalog.prices import RESERVATION


@dataclass(frozen=True)
class NodePlan:
    """What a bought node is: all facts of its machine and image that a target needs to build it."""

    vcpus: int
    memory_mib: int
    arch: str
    image: str
    """Family of the catalogue."""
    image_spelling: str
    """The cloud's own value for it."""
    driver: str
    """Who brings the accelerator's driver: none, image, cloud, layer."""
    device_plugin: str
    """Who runs the device plugin: none, cloud, layer."""
    toolkit: str
    """Who brings the container toolkit: none, image, cloud, layer."""
    fabric: str
    """Fast network that is used: none, or as the machine's row says."""
    fabric_cards: int
    local_disks: int
    """Disks inside the machine that are used, 0 where the pool leaves them alone."""
    local_disk_gib: int
    price: float | None
    """USD an hour, on demand, in the platform's region; None where no table has it."""
    price_date: str
    """Of the table; `undated` where it has no date; empty where there is no price."""
    spot_price: float | None = None
    """USD an hour, as spot, in the platform's region; None where no table has it."""
    spot_date: str = ""
    reserved_as: str = RESERVATION
    """Kind of reservation, as the catalogue calls it."""
    reserved_price: float | None = None
    """USD an hour, out of a reservation of that kind; None where no table has it."""

    def price_of(self, capacity: str) -> tuple[float | None, str]:
        """USD an hour of a node that is bought this way, and the table's date; no table has flexible capacity."""
        known = {
            "spot": (self.spot_price, self.spot_date),
            "on-demand": (self.price, self.price_date),
            "reserved": (self.reserved_price, self.price_date),
        }
        price, day = known.get(capacity, (None, ""))
        return (price, day) if price is not None else (None, "")
