// Masks in COCO's compressed run lengths, sampled at the size that they are shown at: a mask of 20 megapixels is never unpacked.

/** Return the runs, first outside, then inside, and so on, down the columns. */
export function runs(counts: string): number[] {
  const found: number[] = [];
  let at = 0;
  while (at < counts.length) {
    let value = 0;
    let shift = 0;
    let more = true;
    while (more && at < counts.length) {
      const bits = counts.charCodeAt(at++) - 48;
      value += (bits & 31) * 2 ** shift;
      more = (bits & 32) !== 0;
      shift += 5;
      if (!more && bits & 16) {
        value -= 2 ** shift;
      }
    }
    if (found.length > 2) {
      value += found[found.length - 2] as number;
    }
    found.push(value);
  }
  return found;
}

/** Return a mask as *width* by *height* bytes in rows, 1 inside. */
export function sampled(
  { size: [rows, columns], counts }: { size: [number, number]; counts: string },
  width: number,
  height: number
): Uint8Array {
  const lengths = runs(counts);
  const found = new Uint8Array(width * height);
  let run = 0;
  let end = lengths[0] ?? 0;
  for (let x = 0; x < width; x++) {
    const column = Math.min(columns - 1, Math.floor(((x + 0.5) * columns) / width));
    for (let y = 0; y < height; y++) {
      const place = column * rows + Math.min(rows - 1, Math.floor(((y + 0.5) * rows) / height));
      // Places grow, except where a small mask is shown large and a column is sampled again.
      while (run > 0 && place < end - (lengths[run] as number)) {
        end -= lengths[run--] as number;
      }
      while (place >= end && run < lengths.length - 1) {
        end += lengths[++run] as number;
      }
      found[y * width + x] = place < end ? run & 1 : 0;
    }
  }
  return found;
}
