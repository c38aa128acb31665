import { BlockList, isIP } from 'node:net';

/** Where a machine keeps what is meant for itself alone; a server that leads us there wants what it may not have. */
const inward = new BlockList();
inward.addSubnet('127.0.0.0', 8);
inward.addSubnet('0.0.0.0', 8);
inward.addSubnet('169.254.0.0', 16);
inward.addAddress('::1', 'ipv6');
inward.addAddress('::', 'ipv6');
inward.addSubnet('fe80::', 10, 'ipv6');
// The metadata of cloud machines, outside the link-local ranges.
inward.addAddress('100.100.100.200');
inward.addAddress('fd00:ec2::254', 'ipv6');

/** A connection leads to the machine itself, or to its link. */
export class InwardAddress extends Error {
  override readonly name = 'InwardAddress';
}

/** Whether the name of a host is an address written out, or means this machine by definition. */
export function isWrittenOut(hostname: string): boolean {
  return isIP(bare(hostname)) !== 0 || isThisMachine.test(hostname);
}

/** Why a host of a URL, or the address of a connection, is not to be asked; undefined where it may be. */
export function refusalOf(host: string): InwardAddress | undefined {
  const [plain = ''] = bare(host).split('%');
  const family = isIP(plain);
  const isInward = family !== 0 && inward.check(plain, family === 6 ? 'ipv6' : 'ipv4');
  return isInward || isThisMachine.test(plain) ? new InwardAddress(plain) : undefined;
}

const isThisMachine = /(^|\.)localhost\.?$/;

function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}
