import type { Dashboard } from '@watchbill/kit/alerts';
import { BACKUPS } from './backups.ts';
import { FLEET } from './fleet.ts';
import { NODE_DASHBOARD } from './node.ts';
import { RPC } from './rpc.ts';
import { SIGNERS } from './signers.ts';

/** All dashboards, in the order of use. */
export const DASHBOARDS: readonly Dashboard[] = [FLEET, NODE_DASHBOARD, SIGNERS, RPC, BACKUPS];
