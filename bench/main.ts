import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { measureCapacity } from './capacity.ts';
import { measureCoordinate } from './coordinate.ts';
import { measureEmbedded } from './embedded.ts';
import { measureFinalities } from './finality.ts';
import { measureFleet } from './fleet.ts';
import { measureGate } from './gate.ts';
import { measureGateway } from './gateway.ts';
import { measureGrants } from './grant.ts';
import { measureGrowth } from './growth.ts';
import { measureGuard } from './guard.ts';
import { measureMemory } from './memory.ts';
import { measureNominate } from './nominate.ts';
import { measureNominateApi, measureNominateReaders } from './nominate-api.ts';
import { measureNominateRound } from './nominate-round.ts';
import { measureNominateStorage } from './nominate-storage.ts';
import { HELP, type Options, readOptions } from './options.ts';
import { measurePeers } from './peers.ts';
import { measureProfile } from './profile.ts';
import { measureQuorum, measureQuorumMemory } from './quorum.ts';
import { printReport } from './report.ts';
import { saveReport } from './saved.ts';
import { Interrupted, type OnceAbandoned, onStage } from './stage.ts';
import { measureStartup } from './startup.ts';
import { measureTikv } from './tikv.ts';
import { measureTrouble } from './trouble.ts';

const BENCHES = {
  grant: measureGrants,
  embedded: measureEmbedded,
  'embedded-memory': measureMemory,
  coordinate: measureCoordinate,
  quorum: measureQuorum,
  'quorum-memory': measureQuorumMemory,
  nominate: measureNominate,
  'nominate-api': measureNominateApi,
  'nominate-readers': measureNominateReaders,
  'nominate-round': measureNominateRound,
  'nominate-storage': measureNominateStorage,
  fleet: measureFleet,
  finality: measureFinalities,
  gate: measureGate,
  guard: measureGuard,
  gateway: measureGateway,
  'gateway-least': measureGateway,
  tikv: measureTikv,
  peers: measurePeers,
  profile: measureProfile,
  growth: measureGrowth,
  capacity: measureCapacity,
  startup: measureStartup,
  memory: measureMemory,
  trouble: measureTrouble,
} as const;
const INTERRUPTED = 130;

/** Run the bench that the arguments name; answers the exit code. */
export async function main(args: readonly string[], onceAbandoned: OnceAbandoned): Promise<number> {
  const options = readOptions(args);
  if (options === 'help') {
    process.stdout.write(`${HELP}\n`);
    return 0;
  }
  if ('problem' in options) {
    process.stderr.write(`${options.problem}\n\n${HELP}\n`);
    return 2;
  }
  try {
    const { machine, report } = await onStage(async (stage) => {
      const report = await BENCHES[options.bench](stage, prepared(options));
      return { machine: stage.machine, report };
    }, onceAbandoned);
    if (options.save)
      process.stderr.write(
        `wrote ${saveReport(options.bench, machine, report)}; make the page with: npm run generate\n`,
      );
    return printReport(report, options.json);
  } catch (error) {
    process.stderr.write(
      `bench ${options.bench}: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return error instanceof Interrupted ? INTERRUPTED : 1;
  }
}

function prepared(options: Options): Options {
  if (options.profile === undefined) return options;
  const profile = resolve(options.profile);
  mkdirSync(profile, { recursive: true });
  return { ...options, profile };
}
