import { BlockList, isIP } from 'node:net';

const blocks = new Map<string, BlockList>();

/** Whether an address lies in a CIDR block, or equals a single address (IPv4 and IPv6). */
export function isIpInBlock(address: string, block: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  return blockList(block).check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** Anything else is no block, and no address is in it. */
function isPrefix(bits: string, family: number): boolean {
  return /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32);
}

function blockList(block: string): BlockList {
  const known = blocks.get(block);
  if (known !== undefined) return known;
  const list = new BlockList();
  const [base = '', bits] = block.split('/');
  const family = isIP(base);
  if (family !== 0) {
    const kind = family === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(base, kind);
    else if (isPrefix(bits, family)) list.addSubnet(base, Number(bits), kind);
  }
  blocks.set(block, list);
  return list;
}
