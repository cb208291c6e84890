import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { systemFault, usageFault } from '@watchbill/kit';
import type { Io } from '@watchbill/kit/command/io';
import { replaceFile, writeNew } from '@watchbill/kit/command/write-files';
import type { Config } from '../../config/schema.ts';
import {
  decodePlanFile,
  encodePlanFile,
  MAX_PLAN_BYTES,
  planId,
  type RecoveryPlan,
} from '../../proof/recovery/index.ts';
import { RecordError } from '../../rule/index.ts';

/** Folder of the plans, in the data folder of the service. */
const FOLDER = 'recovery';
/** Characters of an id that name one plan. */
const SHORTEST_ID = 8;

/** Writes the plan; answers the path. */
export function savePlan(io: Io, { service }: Config, plan: RecoveryPlan, out: string | undefined): string {
  const text = encodePlanFile(plan);
  if (out !== undefined) {
    const path = resolve(io.cwd, out);
    writeNew([{ path, text, mode: 0o600 }]);
    return path;
  }
  const path = join(service.dataDir, FOLDER, `${planId(plan)}.json`);
  if (existsSync(path)) replaceFile(path, text, 0o600);
  else writeNew([{ path, text, mode: 0o600 }]);
  return path;
}

/** The plan of this id, of an id that begins so, or of this file. Throws a usage fault. */
export function loadPlan(io: Io, { service }: Config, wanted: string): RecoveryPlan {
  const file = /[/.]/.test(wanted)
    ? resolve(io.cwd, wanted)
    : findPlan(join(service.dataDir, FOLDER), wanted);
  try {
    if (statSync(file).size > MAX_PLAN_BYTES)
      throw usageFault('the plan file is too long', 'plan again with `watchbill recover`', file);
    return decodePlanFile(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof RecordError)
      throw usageFault(error.message, 'plan again with `watchbill recover`', file);
    throw systemFault(error, file) ?? error;
  }
}

function findPlan(folder: string, id: string): string {
  const found = id.length < SHORTEST_ID ? [] : namesIn(folder).filter((name) => name.startsWith(id));
  const [name, ...others] = found;
  if (name !== undefined && others.length === 0) return join(folder, name);
  throw usageFault(
    others.length > 0 ? `several plans begin with ${id}` : `there is no plan ${id} in ${folder}`,
    'name the id that `watchbill recover` printed, at least its first eight characters',
    'flag --execute',
  );
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
}
