import {
  type Channel,
  type Fetch,
  matrixChannel,
  slackChannel,
  telegramChannel,
  webhookChannel,
} from '../notify/index.ts';
import type { ChannelConfig } from './config.ts';
import { readSecret } from './files.ts';

/** The channels of a configuration, with their secrets read from files. Throws a ServiceFault. */
export function channelsOf(configs: readonly ChannelConfig[], dir: string, fetch: Fetch): readonly Channel[] {
  return configs.map((config) => channelOf(config, dir, fetch));
}

function channelOf(config: ChannelConfig, dir: string, fetch: Fetch): Channel {
  const { name, least, perMinute } = config;
  const common = { name, least, perMinute };
  const secret = (file: string): string => readSecret(dir, file);
  switch (config.kind) {
    case 'matrix':
      return matrixChannel(
        { ...common, baseUrl: config.baseUrl, room: config.room, token: secret(config.tokenFile) },
        fetch,
      );
    case 'slack':
      return slackChannel({ ...common, url: secret(config.urlFile) }, fetch);
    case 'telegram':
      return telegramChannel(
        { ...common, baseUrl: config.baseUrl, token: secret(config.tokenFile), chat: config.chat },
        fetch,
      );
    case 'webhook': {
      const token = config.tokenFile === undefined ? {} : { token: secret(config.tokenFile) };
      return webhookChannel({ ...common, url: secret(config.urlFile), ...token }, fetch);
    }
  }
}
