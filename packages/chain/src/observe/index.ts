export { type AuthoredBlock, authoredBlock } from './authored.ts';
export { type BlockFollower, followBlocks } from './follow-blocks.ts';
