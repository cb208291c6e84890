import type { ExtraContainer } from '../network/pod-settings.ts';
import type { Problem } from '../network/problem.ts';
import { chainsOf, type FleetNode, type FleetPool, type Network, signs } from '../normalise/network.ts';
import { type Rule, roleOf, settingProblem, settingsOwners } from './context.ts';
import { looksLikeSeed, looksSecret } from './secret-like.ts';

type Owner = FleetPool | FleetNode;

/**
 * Settings of pods carry no secret and none of our marks, and leave signers alone in their pods.
 */
export const podsFit: Rule = ({ network }) =>
  settingsOwners(network).flatMap((owner) => [
    ...variables(owner),
    ...marks(owner),
    ...extras(network, owner),
  ]);

const NOT_HERE =
  'remove it: objects and plans show these values. Put seeds into a Secret that `keys.session.secret` names; another program reads its secret from a file';

function secretProblem(owner: Owner, dotted: string, what: string): Problem {
  const problem = { code: 'secret-value', what: `${roleOf(owner)}: ${what}`, remedy: NOT_HERE } as const;
  return settingProblem(owner, dotted, problem);
}

function variables(owner: Owner): readonly Problem[] {
  return Object.entries(owner.settings.environment).flatMap(([name, value]) => {
    const dotted = `environment.${name}`;
    if (looksSecret(name, value))
      return [secretProblem(owner, dotted, `the variable ${name} looks like a secret`)];
    if (name !== 'POD_NAME') return [];
    return [
      settingProblem(owner, dotted, {
        code: 'contradiction',
        what: `${roleOf(owner)}: POD_NAME is set by watchbill in pods of one set`,
        remedy: 'give the variable another name',
      }),
    ];
  });
}

const OURS = /^(watchbill\/|app\.kubernetes\.io\/(managed-by|part-of)$)/;

function marks(owner: Owner): readonly Problem[] {
  return (['labels', 'annotations'] as const).flatMap((section) =>
    Object.entries(owner.settings[section]).flatMap(([name, value]) => {
      const dotted = `${section}.${name}`;
      if (looksLikeSeed(value))
        return [secretProblem(owner, dotted, `the value of ${name} looks like a seed`)];
      if (!OURS.test(name)) return [];
      return [
        settingProblem(owner, dotted, {
          code: 'contradiction',
          what: `${roleOf(owner)}: ${name} is a mark that watchbill sets itself`,
          remedy: 'use another name, such as example.org/team',
        }),
      ];
    }),
  );
}

function extras(network: Network, owner: Owner): readonly Problem[] {
  const { extraContainers } = owner.settings;
  const problem = (what: string, remedy: string) =>
    settingProblem(owner, 'extraContainers', {
      code: 'contradiction',
      what: `${roleOf(owner)}: ${what}`,
      remedy,
    });
  if (extraContainers.length > 0 && signs(owner.role))
    return [
      problem(
        'a signer has no other container in its pod: it would reach the RPC on loopback, which makes keys',
        'remove extraContainers; ship logs with a DaemonSet',
      ),
    ];
  const names = new Set<string>();
  return extraContainers.flatMap((container) => {
    const { name, volumes = [] } = container;
    const isTaken = names.has(name) || OUR_CONTAINERS.test(name);
    names.add(name);
    return [
      ...(isTaken ? [problem(`the pod has a container ${name} already`, 'choose another name')] : []),
      ...(volumes.includes('relay') && chainsOf(network, owner).beside === null
        ? [problem(`${name} mounts relay, and the node has no relay chain beside it`, 'remove relay')]
        : []),
      ...wordsOf(container)
        .filter(([word, value]) => looksSecret(word, value))
        .map(([word]) =>
          secretProblem(owner, 'extraContainers', `${word} of container ${name} looks like a secret`),
        ),
    ];
  });
}

/** Containers of a node's pod, and its steps. */
const OUR_CONTAINERS = /^(node|node-key|relay-node-key|fetch-spec|fetch-relay-spec|seed-.*)$/;

/** Variables, and words of the command line by flag: a value that follows its flag counts as the flag's. */
function wordsOf({ environment, command, args }: ExtraContainer): readonly (readonly [string, string])[] {
  const words = [...(command ?? []), ...(args ?? [])];
  return [
    ...Object.entries(environment ?? {}),
    ...words.flatMap((word, index): readonly (readonly [string, string])[] => {
      const [, flag, value] = /^(--?[A-Za-z][\w-]*)(?:=(.*))?$/s.exec(word) ?? [];
      if (flag === undefined) return [[`argument ${index + 1}`, word]];
      const next = words[index + 1] ?? '';
      return [[flag, value ?? (next.startsWith('-') ? '' : next)]];
    }),
  ];
}
