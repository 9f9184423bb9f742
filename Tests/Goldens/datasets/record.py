"""Records small files as NumPy and Python's tarfile write them: python3 record.py (NumPy 2.4, Python 3.11).

arrays.json has the values of every array, row-major; archives.json the files of every archive.
"""
import io
import json
import tarfile

import numpy as np

x = np.arange(24).reshape(2, 3, 4)
arrays = {
    "uint8": (x * 10).astype(np.uint8),
    "fortran": np.asfortranarray(x.astype(np.float32) / 8),
    "big-endian": (x - 5).astype(">i4"),
    "half": (x / 16).astype(np.float16),
    "int64": (x - 12).astype(np.int64),
    "bool": (x % 3 == 0),
    "scalar": np.float64(2.5),
    "none": np.zeros((0, 3), np.int16),
}
for name, array in arrays.items():
    np.save(f"{name}.npy", array)
np.savez("stored.npz", **arrays)
np.savez_compressed("deflated.npz", **arrays)
np.save("objects.npy", np.array([{}, 1], object), allow_pickle=True)
np.save("records.npy", np.zeros(3, [("a", "<f4"), ("b", "<i4")]))
json.dump(
    {n: {"shape": list(a.shape), "values": np.asarray(a, float).ravel().tolist()} for n, a in arrays.items()},
    open("arrays.json", "w"), indent=1)

files = {"a/1.cls": b"3\n", "a/1.txt": b"", "b/" + "long" * 40 + ".json": b'{"label": "owl"}', "é.bin": bytes(range(256)) * 3}
for name, kind in [("ustar", tarfile.USTAR_FORMAT), ("gnu", tarfile.GNU_FORMAT), ("pax", tarfile.PAX_FORMAT)]:
    with tarfile.open(f"{name}.tar", "w", format=kind) as archive:
        folder = tarfile.TarInfo("a")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for path, content in files.items():
            if kind == tarfile.USTAR_FORMAT:
                path = path.replace("b/" + "long" * 40, "b/" + "long" * 20 + "/" + "long" * 20)
            info = tarfile.TarInfo(path)
            info.size = len(content)
            info.mtime = 1.5
            archive.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "a/1.cls"
        archive.addfile(link)
json.dump({n: list(c) for n, c in files.items()}, open("archives.json", "w"))
