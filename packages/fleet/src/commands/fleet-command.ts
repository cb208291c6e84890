import { type Context, withExamples } from '@watchbill/kit/command/context';
import { packageVersion } from '@watchbill/kit/command/version';
import { Command } from 'commander';
import { addFleetAccess, addNodeAccess } from './access/access-command.ts';
import { addFleetApply } from './apply.ts';
import { addFleetBackup } from './backup/backup-command.ts';
import { addFleetCheck } from './check.ts';
import { addFleetDown } from './down.ts';
import { addFleetExplain } from './explain.ts';
import { addFleetGateway } from './gateway/gateway-command.ts';
import { addFleetInit } from './init.ts';
import { addFleetKeys } from './keys/keys-command.ts';
import { addFleetPlan } from './plan.ts';
import { addFleetReconcile } from './reconcile.ts';
import { addFleetRender } from './render.ts';
import { addFleetRollout } from './rollout/rollout-command.ts';
import { addFleetScale } from './scale/scale-command.ts';
import { addFleetSchema } from './schema.ts';
import { addFleetSecrets } from './secrets/secrets-command.ts';
import { addFleetSimulate } from './simulate/simulate-command.ts';
import { addFleetStatus } from './status.ts';
import { addFleetStorage } from './storage/storage-command.ts';
import { addFleetTrial } from './up/trial.ts';
import { addFleetUp } from './up/up-command.ts';
import { addFleetWatch } from './watch/watch-command.ts';

type Add = (parent: Command, context: Context) => void;

interface Group {
  readonly about: string;
  readonly commands: readonly Add[];
  readonly examples: readonly string[];
}

const GROUPS: Readonly<Record<string, Group>> = {
  file: {
    about: 'check a network file, explain its settings, and write its objects for other tools',
    commands: [addFleetCheck, addFleetExplain, addFleetRender, addFleetSchema],
    examples: [
      'watchbill fleet file check',
      'watchbill fleet file explain validators',
      'watchbill fleet file render --format kustomize --out rendered',
    ],
  },
  nodes: {
    about:
      'look at running nodes, reach one by its name, change a few first, grow their volumes, remove them',
    commands: [
      addFleetStatus,
      addFleetReconcile,
      addFleetRollout,
      addFleetScale,
      addNodeAccess,
      addFleetStorage,
      addFleetDown,
    ],
    examples: ['watchbill fleet nodes status', 'watchbill fleet nodes logs rpc-main-0 --tail 100 --follow'],
  },
  local: {
    about: 'try a network on this machine, or simulate faults in it',
    commands: [addFleetTrial, addFleetUp, addFleetSimulate],
    examples: ['watchbill fleet local trial --help', 'watchbill fleet local up --local --file network.yaml'],
  },
  services: {
    about: 'run services beside a network: an RPC gateway, alerts, dashboards and an exporter',
    commands: [addFleetGateway, addFleetWatch],
    examples: [
      'watchbill fleet services watch render --settings watch.yaml --out monitoring',
      'watchbill fleet services gateway run --help',
    ],
  },
};

/** The command and this add-on must have one version. */
export const version = packageVersion();

/** Spellings of version 0.1, for scripts. The help and the reference leave them out. */
const OLD: readonly Add[] = [
  addFleetCheck,
  addFleetExplain,
  addFleetRender,
  addFleetSchema,
  addFleetStatus,
  addFleetRollout,
  addFleetScale,
  addFleetAccess,
  addFleetStorage,
  addFleetDown,
  addFleetSecrets,
  addFleetTrial,
  addFleetUp,
  addFleetSimulate,
  addFleetGateway,
  addFleetWatch,
];

export function fillFleet(command: Command, context: Context): void {
  withExamples(command, [
    'watchbill fleet init --preset solo-chain --chain westend',
    'watchbill fleet file check',
    'watchbill fleet plan',
    'watchbill fleet apply 0a1b2c3d4e5f --allow-signing',
    'watchbill fleet nodes status',
  ]);
  addFleetInit(command, context);
  addGroup(command, context, 'file');
  addFleetPlan(command, context);
  addFleetApply(command, context);
  addGroup(command, context, 'nodes');
  addFleetKeys(command, context);
  addFleetBackup(command, context);
  addGroup(command, context, 'local');
  addGroup(command, context, 'services');
  addOldSpellings(command, context);
}

function addGroup(parent: Command, context: Context, name: keyof typeof GROUPS): void {
  const found = GROUPS[name];
  if (found === undefined) throw new TypeError(`there is no group ${name}`);
  const group = withExamples(parent.command(name).description(found.about), found.examples);
  for (const add of found.commands) add(group, context);
}

function addOldSpellings(parent: Command, context: Context): void {
  const old = new Command().copyInheritedSettings(parent);
  for (const add of OLD) add(old, context);
  for (const one of old.commands) parent.addCommand(one, { hidden: true });
}
