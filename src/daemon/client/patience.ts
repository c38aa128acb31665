/** How long to wait before a daemon that was away is asked again, in milliseconds: longer each time, up to 5 s. */
export function pauseAfter(failures: number): number {
  return Math.min(250 * 2 ** (failures - 1), 5_000);
}
