import { isList, isRecord, type Json, type JsonRecord } from '@watchbill/kit';
import type { FleetNode } from '../../../file/normalise/index.ts';
import { at } from '../../kubernetes/ownership.ts';
import { ALONE } from '../alone.ts';
import { BackupFault } from '../backup-fault.ts';

/** Label on everything that a drill makes: the node whose backup it tries. */
export const DRILL_LABEL = 'watchbill/drill-of';
/** The run that made it, and until when that run may last (RFC 3339). */
export const DRILL_RUN = 'watchbill/drill-run';
export const DRILL_UNTIL = 'watchbill/drill-until';
/** The database is thrown away, so it need not be closed properly. */
const STOP_SECONDS = 20;

/** Flags that select the node's data and its format; the drill sets or drops all others. */
const KEPT_FLAGS =
  /^--(chain|base-path|state-pruning|blocks-pruning|database|db-cache|trie-cache-size|wasm-execution|wasmtime-instantiation-strategy|wasm-runtime-overrides)=/;
/**
 * Volumes of a pod that are needed to read a database: the chain's specification and room for temporary
 * files.
 */
const KEPT_VOLUMES = new Set(['spec', 'tmp']);

export interface DrillNames {
  readonly pod: string;
  readonly claim: string;
}

/** Separate names, so that no set and no Service selects the drill's objects. */
export function drillNames(node: string): DrillNames {
  return { pod: `${node}-drill`, claim: `data-${node}-drill` };
}

/** No keys, and no peers: {@link ALONE}. */
function drillFlags(node: FleetNode, own: readonly string[], rpcPort: number): readonly string[] {
  const custom = new Set(node.settings.customFlags);
  return [
    '--name=drill',
    ...own.filter((flag) => KEPT_FLAGS.test(flag)),
    ...own.filter((flag) => custom.has(flag)),
    `--rpc-port=${rpcPort}`,
    ...ALONE,
  ];
}

export interface DrillPodInput {
  readonly node: FleetNode;
  /** The live set of the node: image, user, machine and specification come from it. */
  readonly set: JsonRecord;
  readonly rpcPort: number;
  readonly run: string;
  readonly until: string;
  /** The pod ends by itself after this many seconds, even if the command was killed. */
  readonly mostSeconds: number;
}

/** A pod that runs the node on the volume of the drill, without any Secret. */
export function drillPod(input: DrillPodInput): JsonRecord {
  const { node, set, rpcPort, run, until, mostSeconds } = input;
  const spec = at(set, ['spec', 'template', 'spec']);
  const container = recordsIn(at(spec, ['containers']))[0];
  if (!isRecord(spec) || container === undefined)
    throw new BackupFault(
      'cluster',
      `StatefulSet ${node.name} has no container`,
      'apply the network file first',
    );
  const names = drillNames(node.name);
  const args = at(container, ['args']);
  const own = (isList(args) ? args : []).filter((one) => typeof one === 'string');
  const volumes = recordsIn(spec.volumes).filter((one) => KEPT_VOLUMES.has(String(one.name)));
  const has = (mount: JsonRecord) => mount.name === 'data' || volumes.some(({ name }) => name === mount.name);
  const mounted = (one: JsonRecord): JsonRecord => ({
    ...one,
    volumeMounts: recordsIn(one.volumeMounts).filter(has),
  });
  const steps = recordsIn(spec.initContainers).filter(({ name }) => name === 'fetch-spec');
  const { securityContext, nodeSelector, serviceAccountName, tolerations } = spec;
  const kept: Readonly<Record<string, Json | undefined>> = {
    securityContext,
    nodeSelector,
    serviceAccountName,
    tolerations,
  };
  const { ports: _ports, env: _env, ...bare } = mounted(container);
  const {
    startupProbe: _startup,
    livenessProbe: _liveness,
    readinessProbe: _readiness,
    ...quiet
  } = bare as Readonly<Record<string, Json>>;
  return {
    metadata: {
      name: names.pod,
      labels: { 'app.kubernetes.io/managed-by': 'watchbill', [DRILL_LABEL]: node.name },
      annotations: { [DRILL_RUN]: run, [DRILL_UNTIL]: until },
    },
    spec: {
      ...(Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined)) as JsonRecord),
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: STOP_SECONDS,
      activeDeadlineSeconds: mostSeconds,
      ...(steps.length === 0 ? {} : { initContainers: steps.map(mounted) }),
      containers: [{ ...quiet, args: [...drillFlags(node, own, rpcPort)] }],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: names.claim } }, ...volumes],
    },
  };
}

function recordsIn(value: Json | undefined): readonly JsonRecord[] {
  return (isList(value) ? value : []).filter(isRecord);
}
