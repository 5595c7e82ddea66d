/** Waits of tests: each has a bound of its own, far above what a busy machine needs, and a name that its failure shows. */

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** @throws Error where `work` takes longer. It is not ended: who starts a process ends it. */
export async function within<Result>(seconds: number, what: string, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${seconds} s`)), seconds * 1000);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks again and again. @throws Error where it does not come to be so in time, with what `state` tells then */
export async function until(
  seconds: number,
  what: string,
  isSo: () => Promise<boolean>,
  state: () => Promise<string> = async () => "",
): Promise<void> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await pause(100)) if (await isSo()) return;
  throw new Error(`${what}: not within ${seconds} s. ${await state()}`);
}
