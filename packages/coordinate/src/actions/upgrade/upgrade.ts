import type { Validation } from '../../rules.ts';
import { answered, refused, VALID } from '../answers.ts';
import { bytesOfRecord, problemOf } from '../content.ts';
import type { ActionDoors } from '../doors.ts';
import { memberName } from '../member-name.ts';
import type { ActionContext, ActionPlugin, Draft } from '../port.ts';
import { oneLine } from '../text.ts';
import { fileDigest, isApplied, readRelease } from './release.ts';
import {
  contentOf,
  filledCommand,
  judgeUpgrade,
  parametersOf,
  settingsOf,
  type UpgradeContent,
  type UpgradeSettings,
  upgradeParameters,
  upgradeSettings,
} from './upgrade-content.ts';
import { executeUpgrade } from './upgrade-execution.ts';

const DEFAULT_HEALTH_MS = 30_000;

/** One member after another runs a new release, each only when those before it are healthy. */
export function upgradeAction(doors: ActionDoors): ActionPlugin {
  return {
    name: 'upgrade',
    parametersProblem: (text) => problemOf(upgradeParameters, text),
    pathSettings: ['releaseFile'],
    settingsProblem: (text) => problemOf(upgradeSettings, text),
    draft: (context) => draft(doors, context),
    validate: (context, value) =>
      answered(async () => {
        const offline = judgeUpgrade(context.item, value);
        const content = contentOf(value);
        if (offline !== null || content === null) return refused(offline ?? 'malformed');
        if (content.order.join() !== context.plan.submitters.join()) return refused('wrong-order');
        return ownReadiness(doors, context, content);
      }),
    judge: judgeUpgrade,
    describe: (value) => {
      const content = contentOf(value);
      if (content === null) return 'an upgrade that cannot be read';
      const { version, sha256, order, maxDown } = content;
      return `upgrade to ${oneLine(version)} (SHA-256 ${sha256}), seats ${order.join(', ')}, at most ${maxDown} down`;
    },
    dryRun: async (context, value) => dryRun(doors, context, contentOf(value)),
    execute: async (context, value) => {
      const content = contentOf(value);
      if (content === null) throw new Error('the certified content is not a content of upgrade');
      return executeUpgrade(context, doors, content);
    },
  };
}

async function draft(doors: ActionDoors, context: ActionContext): Promise<Draft> {
  const nothing = (why: string): Draft => ({ kind: 'nothing', why });
  const wrong = problemOf(upgradeSettings, context.settings);
  if (wrong !== null) return nothing(`the settings of upgrade: ${wrong}`);
  const { releaseFile } = settingsOf(context.settings);
  const release = await readRelease(releaseFile);
  if (release === null) return nothing('this operator has no release file');
  if (await isApplied(releaseFile, release.sha256)) return nothing(`${release.version} runs here already`);
  const { version, sha256 } = release;
  const { maxDown } = parametersOf(context.item);
  const content: UpgradeContent = { version, sha256, order: [...context.plan.submitters], maxDown };
  const ready = await ownReadiness(doors, context, content);
  if (ready.result !== 'valid')
    return nothing(ready.result === 'refused' ? `${ready.code}: ${ready.detail}` : ready.why);
  return { kind: 'content', content: bytesOfRecord(content) };
}

/** Whether this member has the same file, and is healthy now. */
async function ownReadiness(
  doors: ActionDoors,
  { settings: text, signal }: ActionContext,
  content: UpgradeContent,
): Promise<Validation> {
  const settings: UpgradeSettings = settingsOf(text);
  const release = await readRelease(settings.releaseFile);
  if (release === null || release.version !== content.version || release.sha256 !== content.sha256)
    return refused('no-release', `this operator's release file names ${release?.version ?? 'no release'}`);
  const digest = await fileDigest(release.path);
  if (digest !== content.sha256)
    return refused('digest-differs', `${release.path}: ${digest ?? 'cannot be read'}`);
  const timeoutMs = settings.healthTimeoutMs ?? DEFAULT_HEALTH_MS;
  const health = await doors.run(filledCommand(settings.healthCommand, release), { timeoutMs, signal });
  return health.result === 'ok' ? VALID : refused('unhealthy', health.detail);
}

async function dryRun(
  doors: ActionDoors,
  context: ActionContext,
  content: UpgradeContent | null,
): Promise<readonly string[]> {
  if (content === null) return ['the content cannot be read: it would be refused (malformed)'];
  const settings = settingsOf(context.settings);
  const release = await readRelease(settings.releaseFile);
  const ready = await ownReadiness(doors, context, content);
  const names = content.order.map((seat) => memberName(context.plan, seat));
  const place = content.order.indexOf(context.seat);
  return [
    `upgrade to ${oneLine(content.version)}, in the order ${names.join(', ')}, at most ${content.maxDown} down at once`,
    `this member is number ${place + 1}, and ${ready.result === 'valid' ? 'is ready' : 'is NOT ready'}`,
    ...(ready.result === 'refused' ? [`${ready.code}: ${ready.detail}`] : []),
    `it would run ${JSON.stringify(release === null ? settings.applyCommand : filledCommand(settings.applyCommand, release))}`,
    `and then, until it exits with 0, ${JSON.stringify(settings.healthCommand)}`,
  ].map((line) => oneLine(line, 2_000));
}
