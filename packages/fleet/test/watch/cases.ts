import { type Case, DAY, firing, pair, rising, still } from './case.ts';
import { CHAIN_CASES } from './chain-cases.ts';
import { EXPORTER_CASES } from './exporter-cases.ts';
import { JOB_CASES } from './job-cases.ts';
import { NODE_CASES } from './node-cases.ts';
import { STANDBY_CASES } from './standby-cases.ts';
import { UNIT_CASES } from './unit-cases.ts';

/** For every alert what makes it fire, and what is near to it and must not. */
export const CASES: readonly Case[] = [
  ...EXPORTER_CASES,
  ...NODE_CASES,
  ...CHAIN_CASES,
  ...STANDBY_CASES,
  ...UNIT_CASES,
  ...JOB_CASES,
  ...pair(
    'GatewayDown',
    10,
    { 'up{job="watchbill-gateway",network="n",place="p",instance="gateway-p"}': still(0) },
    { 'up{job="watchbill-gateway",network="n",place="p",instance="gateway-p"}': '1+0x4 0 1+0x100' },
  ),
  ...pair(
    'MachineUnread',
    20,
    { 'up{job="machines",place="p",instance="m"}': still(0) },
    { 'up{job="machines",place="p",instance="m"}': still(1) },
  ),
  ...pair(
    'GatewayHasNoNode',
    10,
    {
      'watchbill_gateway_backend_state{instance="g",backend="a",state="ready"}': still(0),
      'watchbill_gateway_backend_state{instance="g",backend="b",state="ready"}': still(0),
    },
    {
      'watchbill_gateway_backend_state{instance="g",backend="a",state="ready"}': still(0),
      'watchbill_gateway_backend_state{instance="g",backend="b",state="ready"}': still(1),
    },
  ),
  ...pair(
    'GatewayErrors',
    30,
    {
      'watchbill_gateway_node_seconds_count{instance="g",outcome="error"}': rising(6),
      'watchbill_gateway_node_seconds_count{instance="g",outcome="answer"}': rising(94),
    },
    {
      'watchbill_gateway_node_seconds_count{instance="g",outcome="error"}': rising(5),
      'watchbill_gateway_node_seconds_count{instance="g",outcome="answer"}': rising(95),
    },
  ),
  ...pair(
    'DiskFullSoon',
    DAY + 120,
    {
      'node_filesystem_avail_bytes{instance="m",mountpoint="/",fstype="ext4"}': `400000000000-600000000x${DAY}`,
      'node_filesystem_size_bytes{instance="m",mountpoint="/",fstype="ext4"}': still(1e12, DAY * 2),
    },
    {
      'node_filesystem_avail_bytes{instance="m",mountpoint="/",fstype="ext4"}': `400000000000-100000000x${DAY}`,
      'node_filesystem_size_bytes{instance="m",mountpoint="/",fstype="ext4"}': still(1e12, DAY * 2),
    },
  ),
  ...pair(
    'DiskFull',
    20,
    {
      'node_filesystem_avail_bytes{instance="m",mountpoint="/",fstype="ext4"}': still(4),
      'node_filesystem_size_bytes{instance="m",mountpoint="/",fstype="ext4"}': still(100),
    },
    {
      'node_filesystem_avail_bytes{instance="m",mountpoint="/",fstype="ext4"}': still(5),
      'node_filesystem_size_bytes{instance="m",mountpoint="/",fstype="ext4"}': still(100),
      'node_filesystem_avail_bytes{instance="m",mountpoint="/run",fstype="tmpfs"}': still(0),
      'node_filesystem_size_bytes{instance="m",mountpoint="/run",fstype="tmpfs"}': still(100),
    },
  ),
  ...pair(
    'ClockIsOff',
    20,
    {
      'node_timex_offset_seconds{instance="m"}': still(-0.6),
      'node_timex_sync_status{instance="m"}': still(1),
    },
    {
      'node_timex_offset_seconds{instance="m"}': still(0.4),
      'node_timex_sync_status{instance="m"}': still(1),
    },
  ),
  firing('ClockIsOff', 20, {
    'node_timex_offset_seconds{instance="m"}': still(0),
    'node_timex_sync_status{instance="m"}': still(0),
  }),
  ...pair(
    'CertificateEnds',
    120,
    { 'watchbill_gateway_certificate_end_seconds{instance="g"}': still(14 * 86_400) },
    { 'watchbill_gateway_certificate_end_seconds{instance="g"}': still(15 * 86_400) },
  ),
  { alert: 'Watching', fires: true, series: {}, minutes: 1 },
];
