import type { Problem } from '../network/problem.ts';
import { chainsOf, type FleetNode, type FleetPool, type Network, signs } from '../normalise/network.ts';
import { placesOf, problemAt, type Rule, roleOf, settingProblem, settingsOwners } from './context.ts';

type Owner = FleetPool | FleetNode;

/** Settings that mean nothing for some nodes, and why they mean nothing. */
interface Idle {
  readonly paths: RegExp;
  /** Null if the settings mean something for these nodes. */
  readonly why: (owner: Owner, network: Network) => string | null;
}

const only = (target: 'kubernetes' | 'machine') => (owner: Owner, network: Network) => {
  const there = placesOf(owner, network, target).length;
  return there > 0 && there === placesOf(owner, network).length;
};
const onMachines = only('machine');
const onClusters = only('kubernetes');

const IDLE: readonly Idle[] = [
  {
    paths:
      /^(placement|storage|layout|monitoring\.podMonitor|exposure\.rpc|software\.(image|imagePullSecrets)|annotations|labels|runAs|startup|extraContainers)(\.|$)/,
    why: (owner, network) =>
      onMachines(owner, network) ? 'runs on machines alone, and that is a setting of pods' : null,
  },
  {
    paths: /^software\.(binary|companions)(\.|$)/,
    why: (owner, network) =>
      onClusters(owner, network) ? 'runs in clusters alone, and that is a setting of machines' : null,
  },
  {
    paths: /^(relayFlags|storage\.relayGiB|ports\.relay\w+)(\.|$)/,
    why: (owner, network) =>
      chainsOf(network, owner).beside === null
        ? 'has no relay chain inside, and that is a setting of it'
        : null,
  },
  {
    paths: /^storage\.keystoreMiB$/,
    why: ({ role }) => (signs(role) ? null : 'does not sign, and has no volume of keys'),
  },
  {
    paths: /^keys\.session\.types(\.|$)/,
    why: ({ settings }) =>
      settings.keys.session.source === 'born' ? 'makes its session keys itself, of every type' : null,
  },
  {
    paths: /^(monitoring\.podMonitor|ports\.(metrics|relayMetrics))$/,
    why: ({ settings }) => (settings.monitoring.metrics ? null : 'serves no metrics'),
  },
  {
    paths: /^autoscale\.prometheus$/,
    why: ({ settings }) =>
      settings.autoscale?.by === 'cpu' ? 'is scaled by cpu, which asks no Prometheus' : null,
  },
];

/** Values that say that there is nothing, which is true where a setting has no effect. */
const NOTHING: ReadonlySet<unknown> = new Set([null, false, 'none']);

/**
 * A setting without effect is refused, because its author expects one. In `defaults` it may be: there it is
 * for the pools for which it means something.
 */
export const settingsHaveEffect: Rule = ({ network }) =>
  settingsOwners(network).flatMap((owner) =>
    [...owner.origins].flatMap(([path, origin]): readonly Problem[] => {
      const isOwn = origin.from === 'file' && origin.layer === ('nodes' in owner ? 'pool' : 'instance');
      if (!isOwn || NOTHING.has(valueAt(owner.settings, path))) return [];
      const why = IDLE.flatMap(({ paths, why: reason }) =>
        paths.test(path) ? (reason(owner, network) ?? []) : [],
      )[0];
      if (why === undefined) return [];
      return [
        settingProblem(owner, path, {
          code: 'contradiction',
          what: `${roleOf(owner)} ${why}, so ${path} has no effect`,
          remedy: 'remove it; settings in `defaults` may be for other pools',
        }),
      ];
    }),
  );

function valueAt(settings: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((here, name) => (here as Record<string, unknown> | null | undefined)?.[name], settings);
}

const OF_PODS = ['image', 'imagePullSecrets', 'storage', 'placement'] as const;

/** The same for the services on machines. */
export const serviceSettingsHaveEffect: Rule = (context) => {
  const { file, service } = context.network;
  if (service?.target !== 'machine') return [];
  return OF_PODS.filter((name) => file.service?.[name] !== undefined).map((name) =>
    problemAt(context, ['service', name], {
      code: 'contradiction',
      what: `the service runs on machines, and ${name} is a setting of pods, so it has no effect`,
      remedy: 'remove it',
    }),
  );
};
