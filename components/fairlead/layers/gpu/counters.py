"""What DCGM exporter is asked to tell: its own usual choice, and what alerts need beside it.

A list of one's own replaces the usual one, and so holds that too. Names and kinds: etc/default-counters.csv of
github.com/NVIDIA/dcgm-exporter 4.5.3-4.8.2, those commented out there too, and pkg/dcgm/const_fields.go of
github.com/NVIDIA/go-dcgm, 2026-11-30. What a device does not have is left out by the exporter.
"""

from __future__ import annotations

from collections.abc import Mapping

FILE = "dcgm-metrics.csv"
"""As the GPU operator calls it too."""
_GAUGES = (
    "DCGM_FI_DEV_SM_CLOCK",
    "DCGM_FI_DEV_MEM_CLOCK",
    "DCGM_FI_DEV_MEMORY_TEMP",
    "DCGM_FI_DEV_GPU_TEMP",
    "DCGM_FI_DEV_POWER_USAGE",
    "DCGM_FI_DEV_GPU_UTIL",
    "DCGM_FI_DEV_MEM_COPY_UTIL",
    "DCGM_FI_DEV_ENC_UTIL",
    "DCGM_FI_DEV_DEC_UTIL",
    "DCGM_FI_DEV_XID_ERRORS",
    "DCGM_FI_DEV_FB_FREE",
    "DCGM_FI_DEV_FB_USED",
    "DCGM_FI_DEV_FB_RESERVED",
    "DCGM_FI_DEV_VGPU_LICENSE_STATUS",
    "DCGM_FI_DEV_ROW_REMAP_FAILURE",
    "DCGM_FI_PROF_GR_ENGINE_ACTIVE",
    "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE",
    "DCGM_FI_PROF_DRAM_ACTIVE",
    "DCGM_FI_PROF_PCIE_TX_BYTES",
    "DCGM_FI_PROF_PCIE_RX_BYTES",
)
_COUNTERS = (
    "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION",
    "DCGM_FI_DEV_PCIE_REPLAY_COUNTER",
    "DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL",
    "DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS",
    "DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS",
)
USUAL: Mapping[str, str] = {
    **dict.fromkeys(_GAUGES, "gauge"),
    **dict.fromkeys(_COUNTERS, "counter"),
    "DCGM_FI_DRIVER_VERSION": "label",
}
"""Field -> kind, of the usual choice."""
MORE: Mapping[str, str] = {
    "DCGM_EXP_CLOCK_EVENTS_COUNT": "counter",
    "DCGM_EXP_GPU_HEALTH_STATUS": "counter",
    "DCGM_EXP_XID_ERRORS_COUNT": "counter",
    "DCGM_FI_DEV_ECC_DBE_VOL_TOTAL": "counter",
    "DCGM_FI_DEV_FABRIC_MANAGER_STATUS": "gauge",
    "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_TOTAL": "counter",
    "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL": "counter",
    "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL": "counter",
    "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL": "counter",
    "DCGM_FI_DEV_PCIE_LINK_WIDTH": "gauge",
    "DCGM_FI_DEV_PCIE_MAX_LINK_WIDTH": "gauge",
    "DCGM_FI_DEV_POWER_VIOLATION": "counter",
    "DCGM_FI_DEV_ROW_REMAP_PENDING": "gauge",
}
"""The same of what alerts need (docs/alerts.md)."""


def text() -> str:
    """The list as the exporter reads it: field, kind, and a help text, which is the field's name again."""
    return "".join(f"{name}, {kind}, {name}\n" for name, kind in {**USUAL, **MORE}.items())
