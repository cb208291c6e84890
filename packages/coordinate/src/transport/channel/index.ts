export { type Channel, type ChannelMember, type ChannelSettings, openChannel } from './channel.ts';
