import { customFlagFinding } from '../../file/rules/index.ts';
import type { SimulatedNode, Simulation, Step } from './schema.ts';

/** An unsupported setting of a simulation, with an alternative. */
export interface SimulationRefusal {
  readonly path: readonly (string | number)[];
  readonly what: string;
  readonly remedy: string;
}

/** All settings in a well-formed file that contradict each other or cannot be carried out. Pure. */
export function refusalsOf(simulation: Simulation): readonly SimulationRefusal[] {
  return [
    ...sourceRefusals(simulation),
    ...relayRefusals(simulation),
    ...simulation.relay.nodes.flatMap((node, index) => nodeRefusals(node, ['relay', 'nodes', index])),
    ...nameRefusals(simulation),
    ...channelRefusals(simulation),
    ...simulation.run.flatMap((step, index) => stepRefusals(simulation, step, index)),
  ];
}

function sourceRefusals({ relay, parachains }: Simulation): readonly SimulationRefusal[] {
  const chains = [
    { path: ['relay'], ...relay },
    ...parachains.map((one, index) => ({ path: ['parachains', index], ...one })),
  ];
  return chains.flatMap(({ path, chain, specFile, specCommand, genesisFile }) => {
    const given = [chain, specFile, specCommand].filter((one) => one !== undefined).length;
    return [
      ...(given === 1
        ? []
        : [
            {
              path,
              what:
                given === 0 ? `${path.join('.')} has no chain` : `${path.join('.')} has more than one chain`,
              remedy:
                'write one of: chain (a name), specFile (a path), specCommand (a program that prints it)',
            },
          ]),
      ...(genesisFile === undefined
        ? []
        : [
            {
              path: [...path, 'genesisFile'],
              what: 'the genesis cannot be a separate file here',
              remedy: 'write it under genesis, or into the specification',
            },
          ]),
    ];
  });
}

/** Flags that follow from the file, and refused ones. */
function flagRefusals(
  args: readonly string[],
  path: readonly (string | number)[],
): readonly SimulationRefusal[] {
  return args.flatMap((text, index) => {
    const finding = customFlagFinding(text);
    // A flag that all nodes have is fine: the network file has a place for it.
    if (finding === null || finding.code === 'wrong-flag') return [];
    return [{ path: [...path, 'args', index], what: finding.what, remedy: 'remove it' }];
  });
}

function relayRefusals({ relay }: Simulation): readonly SimulationRefusal[] {
  const refused = (key: keyof typeof relay, what: string, remedy: string): readonly SimulationRefusal[] =>
    relay[key] === undefined || relay[key] === 0 ? [] : [{ path: ['relay', key], what, remedy }];
  return [
    ...flagRefusals(relay.args, ['relay']),
    ...refused(
      'dbSnapshot',
      'nodes cannot start with the database of another node here',
      'remove it: chains begin at block 0 here; `watchbill fleet backup restore` puts a backup under a real node',
    ),
    ...refused(
      'wasmOverride',
      'the code of the runtime comes from the specification',
      'make a specification with that code, for example with specCommand',
    ),
    ...refused(
      'rawOverride',
      'raw storage is not overridden',
      'set the values of the pallets under genesis, or give a raw specification as specFile',
    ),
    ...refused(
      'randomNominators',
      'no nominators are made up',
      'write them under genesis.staking.stakers, as this runtime wants them',
    ),
    ...refused('maxNominations', 'no nominators are made up', 'write them under genesis.staking.stakers'),
  ];
}

function nodeRefusals(node: SimulatedNode, path: readonly (string | number)[]): readonly SimulationRefusal[] {
  const here = (key: string, what: string, remedy: string) => [{ path: [...path, key], what, remedy }];
  const { name } = node;
  return [
    ...flagRefusals(node.args, path),
    ...(node.invulnerable
      ? here(
          'invulnerable',
          `${name}: the list of validators that cannot be slashed depends on the runtime`,
          'write it under relay.genesis, for example staking.invulnerables',
        )
      : []),
    ...(node.bootnode && node.validator
      ? here(
          'bootnode',
          `${name}: a boot node cannot be a validator here`,
          'remove bootnode (then the first two nodes are boot nodes), or set it on a node that is not a validator',
        )
      : []),
    ...(node.env === undefined
      ? []
      : here(
          'env',
          `${name}: nodes get the environment of this command`,
          'set it before you start the command',
        )),
    ...(node.ports === undefined
      ? []
      : here(
          'ports',
          `${name}: nodes listen on free ports of loopback`,
          'remove it: the report names their addresses',
        )),
    ...(node.dbSnapshot === undefined
      ? []
      : here('dbSnapshot', `${name}: nodes begin at block 0`, 'remove it')),
    ...(node.keystorePath === undefined
      ? []
      : here('keystorePath', `${name}: keys are made from the seed //${seedName(name)}`, 'remove it')),
  ];
}

/** Well-known seeds are written with a capital: alice has //Alice. */
export function seedName(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function nameRefusals({ relay, processes }: Simulation): readonly SimulationRefusal[] {
  const all = [
    ...relay.nodes.map(({ name }, index) => ({ name, path: ['relay', 'nodes', index, 'name'] })),
    ...processes.map(({ name }, index) => ({ name, path: ['processes', index, 'name'] })),
  ];
  return all.flatMap(({ name, path }, index) =>
    all.findIndex((other) => other.name === name) === index
      ? []
      : [
          {
            path,
            what: `${name} is listed twice`,
            remedy:
              'give each node and process a separate name: two nodes of one name would have one set of keys',
          },
        ],
  );
}

function channelRefusals({ hrmp, parachains }: Simulation): readonly SimulationRefusal[] {
  const ids = new Set(parachains.map(({ id }) => id));
  return hrmp.flatMap(({ sender, recipient }, index) => [
    ...(['sender', 'recipient'] as const).flatMap((end) => {
      const id = end === 'sender' ? sender : recipient;
      return ids.has(id)
        ? []
        : [
            {
              path: ['hrmp', index, end],
              what: `there is no parachain ${id}`,
              remedy: `name one of: ${[...ids].join(', ') || 'none is in this file'}`,
            },
          ];
    }),
    ...(sender === recipient
      ? [
          {
            path: ['hrmp', index],
            what: 'a channel leads to another parachain',
            remedy: 'name two parachains',
          },
        ]
      : []),
  ]);
}

function stepRefusals({ relay }: Simulation, step: Step, index: number): readonly SimulationRefusal[] {
  const names = relay.nodes.map(({ name }) => name);
  const unknown =
    step.node === undefined || names.includes(step.node) || ('do' in step && step.do === 'wait')
      ? []
      : [
          {
            path: ['run', index, 'node'],
            what: `there is no node ${step.node}`,
            remedy: `name one of: ${names.join(', ')}`,
          },
        ];
  if (!('expect' in step) || step.pattern === undefined) return unknown;
  try {
    new RegExp(step.pattern);
    return unknown;
  } catch {
    return [
      ...unknown,
      {
        path: ['run', index, 'pattern'],
        what: 'the pattern is not a regular expression',
        remedy: 'check its brackets; write \\( for a bracket in the text',
      },
    ];
  }
}
