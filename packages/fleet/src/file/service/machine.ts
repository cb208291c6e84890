import { quoted, SERVICE_HARDENING } from '@watchbill/kit/systemd';
import { folder, item } from '../emit/machine/item.ts';
import { homeOf, nodeFolder, sharedGroupOf, unitName, userOf } from '../emit/machine/layout.ts';
import type { Expected, MachineResource } from '../graph/resource.ts';
import { serviceSubject } from '../graph/service-subject.ts';
import type { MachinePlace, Network } from '../normalise/network.ts';
import type { FleetService, ServiceMember } from '../normalise/service.ts';
import { credentialFile, credentialName } from '../secret-names/credential.ts';
import { SECRET_USES, type SecretEntry } from '../secret-names/needs.ts';
import { secretsOfService } from '../secret-names/service.ts';
import { serviceArguments } from './arguments.ts';
import { serviceWorkloads } from './names.ts';

/** The service of one machine: its user, its folders, and its unit. */
export function serviceOnMachine(network: Network, place: MachinePlace): readonly MachineResource[] {
  const { service } = network;
  const member = service?.members.find((one) => one.place === place.name);
  if (service === null || member === undefined || service.target !== 'machine') return [];
  const subject = serviceSubject(service.name);
  const user = userOf(network, member);
  const root = nodeFolder(network, member);
  const owner = item(
    place,
    { kind: 'user', name: user, home: root },
    { subject, needs: [], lifecycle: 'create-once' },
  );
  const home = `${place.name}/directory/${homeOf(network)}`;
  const folders = [root, `${root}/data`].map((path, at) =>
    folder(
      place,
      { path, owner: user, group: user, mode: '0700' },
      { subject, needs: [owner.id, at === 0 ? home : `${place.name}/directory/${root}`] },
    ),
  );
  const workloads = serviceWorkloads(network);
  const id = `${place.name}/unit/${unitName(network.name, member.name)}`;
  const before = workloads[workloads.indexOf(id) - 1];
  const unit = item(
    place,
    { kind: 'unit', name: unitName(network.name, member.name), text: unitText(network, service, member) },
    {
      subject,
      needs: [owner.id, ...folders.map((one) => one.id)],
      afterHealthy: before === undefined ? [] : [before],
    },
  );
  return [owner, ...folders, unit];
}

const STATE = '/var/lib/';
/** The variable with the folder of a unit's credentials. */
const CREDENTIALS = `\${CREDENTIALS_DIRECTORY}`;

/** The command of one service: its files are the credentials of its unit. */
function commandOf(network: Network, service: FleetService, member: ServiceMember): readonly string[] {
  const { tls, operator, store, command } = service.settings;
  const file = (secret: string, entry: string) =>
    `${CREDENTIALS}/${credentialName(network.name, { secret, entry })}`;
  const files = (secret: string) => ({
    cert: file(secret, 'cert'),
    key: file(secret, 'key'),
    ca: file(secret, 'ca'),
  });
  const paths = {
    data: `${nodeFolder(network, member)}/data`,
    tls: files(tls),
    operator: file(operator, 'token'),
    store: store.tls === undefined ? null : files(store.tls),
    password: store.password === undefined ? null : file(store.password, 'password'),
  };
  return [command, ...serviceArguments(service, member, paths, store.endpoints ?? [])];
}

function unitText(network: Network, service: FleetService, member: ServiceMember): string {
  const { settings } = service;
  const user = userOf(network, member);
  const root = nodeFolder(network, member);
  const command = quoted(commandOf(network, service, member));
  return [
    '[Unit]',
    `Description=${network.name}: permission service ${member.name}`,
    'Wants=network-online.target',
    'After=network-online.target',
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    'Type=simple',
    `User=${user}`,
    `Group=${user}`,
    // The folder of the network is closed to others.
    `SupplementaryGroups=${sharedGroupOf(network)}`,
    `StateDirectory=${[root, `${root}/data`].map((path) => path.slice(STATE.length)).join(' ')}`,
    'StateDirectoryMode=0700',
    ...entriesOf(service, member).map((entry) => {
      const name = credentialName(network.name, entry);
      return `LoadCredentialEncrypted=${name}:${credentialFile(name)}`;
    }),
    // The words are quoted first: a dollar of a setting is doubled, this one names the folder.
    `ExecStart=${command.replaceAll('$${CREDENTIALS_DIRECTORY}', CREDENTIALS)}`,
    'Restart=always',
    'RestartSec=5',
    'TimeoutStopSec=60',
    'KillSignal=SIGTERM',
    'LimitNOFILE=65536',
    `MemoryHigh=${Math.round(settings.resources.memoryGiB * 1024)}M`,
    `CPUWeight=${Math.min(10000, Math.max(1, Math.round(settings.resources.cpu * 100)))}`,
    '',
    '# Hardening',
    ...SERVICE_HARDENING,
    `ReadWritePaths=${root}`,
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
    // systemd ignores this section. `fleet` asks this address before it changes the next service.
    '[X-Watchbill]',
    `Ready=https://127.0.0.1:${settings.port}/readyz`,
    '',
  ].join('\n');
}

function entriesOf(service: FleetService, { place }: ServiceMember): readonly SecretEntry[] {
  return secretsOfService(service).filter((entry) => entry.place === place);
}

/** Credentials that the unit of the service loads. People put them there: `fleet keys secrets put`. */
export function serviceCredentials(network: Network, place: MachinePlace): readonly Expected[] {
  const { service } = network;
  const member = service?.members.find((one) => one.place === place.name);
  if (service === null || member === undefined) return [];
  return entriesOf(service, member).map(
    (entry): Expected => ({
      place: place.name,
      kind: 'credential',
      name: credentialName(network.name, entry),
      entries: [],
      why: `${SECRET_USES[entry.use]} of ${member.name}; watchbill fleet keys secrets put ${entry.secret} ${entry.entry} --place ${place.name}`,
      neededBy: [`${place.name}/unit/${unitName(network.name, member.name)}`],
    }),
  );
}
