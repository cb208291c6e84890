import { z } from 'zod';
import type { AgendaItem } from '../../quorum/group.ts';
import type { Value } from '../../quorum/messages.ts';
import { checked, parsedJson, recordOfBytes } from '../content.ts';
import { envelopeProblem } from '../envelope.ts';
import { command, filePath, hex } from '../fields.ts';
import type { ActionRefusal } from '../refusals.ts';
import { version } from './release.ts';

/** Of an agenda item: the same for all members. */
export const upgradeParameters = z.strictObject({
  /** How many members may be down at once. */
  maxDown: z.int().min(1).max(50),
  /** How long a member has to become healthy after it was upgraded. */
  healthTimeoutBlocks: z.int().min(1).max(100_000),
  /** For how long its health must hold at each block before the next member begins; 0 if left out. */
  bakeBlocks: z.int().min(0).max(100_000).optional(),
});

export type UpgradeParameters = z.infer<typeof upgradeParameters>;

const timeout = z.int().min(1).max(3_600_000);

/**
 * Of an operator. In the commands, `{path}`, `{version}` and `{sha256}` are replaced by those of the release.
 */
export const upgradeSettings = z.strictObject({
  /** JSON file {version, sha256, path}: the release that this operator wants to run. */
  releaseFile: filePath,
  applyCommand: command,
  /** Exits with 0 if the node is healthy. */
  healthCommand: command,
  applyTimeoutMs: timeout.optional(),
  healthTimeoutMs: timeout.optional(),
});

export type UpgradeSettings = z.infer<typeof upgradeSettings>;

export const upgradeContent = z.strictObject({
  version,
  sha256: hex(32),
  /** Seats, the first to go first. */
  order: z.array(z.int().min(0)).min(1),
  maxDown: z.int().min(1),
});

export type UpgradeContent = z.infer<typeof upgradeContent>;

export function parametersOf(item: AgendaItem): UpgradeParameters {
  return checked(upgradeParameters, item.parameters, 'the parameters of upgrade');
}

export function settingsOf(text: string): UpgradeSettings {
  return checked(upgradeSettings, text, 'the settings of upgrade');
}

export function contentOf(value: Value): UpgradeContent | null {
  return recordOfBytes(upgradeContent, value.content);
}

/**
 * See `ActionPlugin.judge`. A member's own machine proves nothing about the proposal, so `facts` have no
 * weight.
 */
export function judgeUpgrade(item: AgendaItem, value: Value): ActionRefusal | null {
  const content = contentOf(value);
  if (content === null) return 'malformed';
  const around = envelopeProblem(item, value);
  if (around !== null) return around;
  const parameters = upgradeParameters.safeParse(parsedJson(item.parameters));
  return parameters.success && parameters.data.maxDown !== content.maxDown ? 'wrong-max-down' : null;
}

/** The command with the release filled in. Each argument stays one argument. */
export function filledCommand(
  argv: readonly string[],
  release: { readonly path: string; readonly version: string; readonly sha256: string },
): readonly string[] {
  return argv.map((argument) =>
    argument.replaceAll(
      /\{(path|version|sha256)\}/g,
      (_, name: 'path' | 'version' | 'sha256') => release[name],
    ),
  );
}
