// Decoding a page of thumbnails; a tile that cannot be decoded stays null and is painted as a neutral tile.

/** Return one bitmap per thumbnail, null where there is none or it is corrupt; decoding runs off the main thread. */
export function decode(thumbs: Uint8Array[]): Promise<(ImageBitmap | null)[]> {
  return Promise.all(thumbs.map(decodeOne));
}

async function decodeOne(bytes: Uint8Array): Promise<ImageBitmap | null> {
  if (bytes.byteLength === 0) {
    return null;
  }
  try {
    return await createImageBitmap(new Blob([bytes as BlobPart]));
  } catch {
    return null;
  }
}
