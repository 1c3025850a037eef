/** Wait for all of it, also where something fails, so that nothing goes on unseen; then throw the first failure, in the order given. */
export async function settleAll<Works extends readonly Promise<unknown>[] | []>(
  works: Works,
): Promise<{ -readonly [Index in keyof Works]: Awaited<Works[Index]> }> {
  await Promise.allSettled(works)
  return Promise.all(works)
}
