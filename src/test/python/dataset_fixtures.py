"""Writes small copies of the data sets' layouts, known defects included, and what Python reads in them.

    python src/test/python/dataset_fixtures.py

Everything goes to src/test/resources/data. The readings below use Python's own json, pickle and tarfile and know nothing of the Java readers.
Needs Pillow and NumPy.
"""
import io
import json
import os
import pickle
import re
import shutil
import struct
import tarfile

import numpy as np
from PIL import Image

ROOT = os.path.join(os.path.dirname(__file__), "..", "resources", "data")
COLOURS = ["red", "green", "blue", "black", "white", "grey"]
THINGS = ["boat", "house", "bird", "flower", "tree", "dog", "man", "car"]
rng = np.random.default_rng(4)


def put(path, content):
    path = os.path.join(ROOT, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as out:
        out.write(content.encode() if isinstance(content, str) else content)


def picture(kind="JPEG", width=48, height=40, grey=False):
    """A few blocks of colour that no other picture has."""
    blocks = rng.integers(0, 256, (5, 6) if grey else (5, 6, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(blocks).resize((width, height), Image.NEAREST).save(out, kind, **({"quality": 60} if kind == "JPEG" else {}))
    return out.getvalue()


def sentence():
    return "a %s %s beside a %s %s" % (rng.choice(COLOURS), rng.choice(THINGS), rng.choice(COLOURS), rng.choice(THINGS))


def untidy(text):
    """As annotators leave it."""
    return rng.choice(["%s", " %s", "%s \n", "%s.\n", "\t%s  "]) % text


# ---------------------------------------------------------------- layouts

def write_coco(root, year, counts):
    for split, count in counts.items():
        ids = sorted(int(i) for i in rng.choice(500_000, count, replace=False))
        images, annotations = [], []
        for i in ids:
            name = "COCO_%s2014_%012d.jpg" % (split, i) if year == "2014" else "%012d.jpg" % i
            images.append({"license": 3, "file_name": name, "coco_url": "http://example.org/" + name, "height": 40, "width": 48,
                           "date_captured": "2013-11-14 11:18:45", "flickr_url": "http://example.org/", "id": i})
            put("%s/%s%s/%s" % (root, split, year, name), picture(grey=i == ids[0]))
            for _ in range(rng.integers(5, 8)):
                annotations.append({"image_id": i, "id": len(annotations) + 7, "caption": untidy(sentence())})
        rng.shuffle(images)
        rng.shuffle(annotations)
        licences = [{"url": "http://example.org/", "id": 3, "name": "Attribution"}]
        members = {"info": {"year": int(year), "nested": {"a": [1, {"b": None}]}}, "images": images, "licenses": licences, "annotations": annotations}
        if split == "val":  # Nothing says that pictures come first.
            members = dict(reversed(members.items()))
        put("%s/annotations/captions_%s%s.json" % (root, split, year), json.dumps(members))


def write_karpathy_coco(root):
    """Its splits: of the official val pictures some are test and val, the others restval."""
    images = []
    for split in ("train", "val"):
        with open(os.path.join(ROOT, root, "annotations/captions_%s2014.json" % split)) as f:
            official = json.load(f)
        for n, image in enumerate(official["images"]):
            captions = [a["caption"] for a in official["annotations"] if a["image_id"] == image["id"]][:5]
            images.append({"filepath": split + "2014", "sentids": [len(images) * 5 + k for k in range(len(captions))], "filename": image["file_name"],
                           "imgid": len(images), "split": "train" if split == "train" else ("restval", "val", "test")[n % 3],
                           "sentences": [{"tokens": c.lower().split(), "raw": c, "imgid": len(images), "sentid": len(images) * 5 + k} for k, c in enumerate(captions)],
                           "cocoid": image["id"]})
    put(root + "/dataset_coco.json", json.dumps({"images": images, "dataset": "coco"}))


def write_flickr_token(root):
    lines, images = [], []
    for n in range(6):
        name = "%d.jpg" % rng.integers(10**6, 10**10)
        put(root + "/flickr30k-images/" + name, picture())
        captions = [sentence().capitalize() + " ." for _ in range(5)]
        lines += ["%s#%d\t%s\n" % (name, k, c) for k, c in enumerate(captions)]
        if n:  # One of forty is in no split.
            images.append({"sentids": [], "imgid": n, "filename": name, "split": ("train", "train", "val", "test")[n % 4],
                           "sentences": [{"tokens": [], "raw": c, "imgid": n, "sentid": 0} for c in captions]})
    put(root + "/results_20130124.token", "".join(lines))
    put(root + "/dataset_flickr30k.json", json.dumps({"images": images, "dataset": "flickr30k"}))


def write_flickr_kaggle(root):
    lines = ["age_name| comment_number| comment\n"]
    for n in range(4):
        name = "%d.jpg" % rng.integers(10**6, 10**10)
        put(root + "/flickr30k_images/flickr30k_images/" + name, picture())
        for k in range(5):
            lines.append("%s| %d%s %s .\n" % (name, k, "  " if n == 2 and k == 4 else "|", sentence().capitalize()))
    put(root + "/flickr30k_images/results.csv", "".join(lines))


def python2_list(names, protocol):
    """What Python 2 wrote, byte strings, which Python 3 no longer writes."""
    if protocol == 0:
        return "".join(["(lp0\n"] + ["S%s\np%d\na" % (repr(n), i + 1) for i, n in enumerate(names)] + ["."]).encode()
    out = b"\x80\x02]q\x00("
    for i, name in enumerate(names):
        out += b"U" + struct.pack("B", len(name)) + name.encode() + b"q" + struct.pack("B", i + 1)
    return out + b"e."


def write_cub(root):
    classes = {"train": ["001.Black_footed_Albatross", "004.Groove_billed_Ani"], "test": ["002.Laysan_Albatross"]}
    ids, boxes, number = [], [], 0
    for split, names in classes.items():
        listed = []
        for name in names:
            for n in range(3):
                number += 1
                bird = "%s/%s_%04d_%d" % (name, name[4:], n + 1, rng.integers(10**3, 10**6))
                put("%s/CUB_200_2011/images/%s.jpg" % (root, bird), picture(width=60, height=50))
                captions = [untidy(sentence()).strip() for _ in range(10)]
                captions[3] = captions[3].replace(" beside", "\ufffd\ufffdbeside")
                put("%s/text/%s.txt" % (root, bird), "\n".join(captions) + "\n")
                ids.append("%d %s.jpg\n" % (number, bird))
                x, y = rng.integers(0, 30), rng.integers(0, 20)
                boxes.append("%d %.1f %.1f %.1f %.1f\n" % (number, x, y, rng.integers(10, 30), rng.integers(10, 30)))
                listed.append(bird)
        rng.shuffle(listed)
        put("%s/%s/filenames.pickle" % (root, split), python2_list(listed, 0 if split == "train" else 2))
    put(root + "/CUB_200_2011/images.txt", "".join(ids))
    put(root + "/CUB_200_2011/bounding_boxes.txt", "".join(boxes))


def write_flowers(root):
    for c, count in (("class_00001", 3), ("class_00007", 2), ("class_00102", 2)):
        for n in range(count):
            name = "image_%05d" % rng.integers(1, 8190)
            put("%s/jpg/%s.jpg" % (root, name), picture())
            put("%s/text_c10/%s/%s.txt" % (root, c, name), "\n".join(sentence() for _ in range(10)))
    put(root + "/trainvalclasses.txt", "class_00007\nclass_00001\n")
    put(root + "/testclasses.txt", "class_00102\n")


def write_attngan_coco(root):
    for split, protocol in (("train", 4), ("test", 0)):
        names = ["COCO_%s2014_%012d" % ("train" if split == "train" else "val", rng.integers(1, 500_000)) for _ in range(3)]
        for name in names:
            put("%s/images/%s.jpg" % (root, name), picture())
            put("%s/text/%s.txt" % (root, name), "\n".join(untidy(sentence()).strip() for _ in range(5)) + "\n")
        put("%s/%s/filenames.pickle" % (root, split), pickle.dumps(names, protocol))


def write_folder(root):
    for split, name in (("train", "a.PNG"), ("train", "deep/b.Jpeg"), ("test", "c.jpg"), ("validation", "d.png")):
        put("%s/%s/%s" % (root, split, name), picture("PNG" if name.lower().endswith("png") else "JPEG"))
    put(root + "/train/metadata.jsonl", '{"file_name": "a.PNG", "text": "one caption"}\n{"file_name": "deep/b.Jpeg", "text": ["first", " second "]}\n'
        '\n{"file_name": "a.PNG", "text": "another \\u00e9"}')
    put(root + "/test/metadata.jsonl", '{"photo_file_name": "c.jpg", "text": "by another column", "more": {"x": [1]}}\n')
    put(root + "/validation/metadata.jsonl", '{"file_names": ["d.png"], "text": "by a list"}\r\n')


def write_table(root):
    for name in ("x.jpg", "y/z.jpg"):
        put(root + "/" + name, picture())
    put(root + "/captions.tsv", "image\tcaption\tsource\nx.jpg\ta \"quoted\" word\tme\ny/z.jpg\t\"tab\there\"\tyou\nx.jpg\tsecond\tme\n")


def write_shards(root):
    formats = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]
    for n, kind in enumerate(formats):
        path = os.path.join(ROOT, root, "set-%06d.tar" % n)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with tarfile.open(path, "w", format=kind) as tar:
            def member(name, content, kind=tarfile.REGTYPE):
                info = tarfile.TarInfo(name)
                info.type, info.size, info.mtime = kind, len(content), 0
                tar.addfile(info, io.BytesIO(content))

            member("__meta__", b"{}")
            if n != 1:
                member("dir.jpg", b"", tarfile.DIRTYPE)
            for i in range(3):
                stem = "%sdir.%d/%s%04d" % ("./" if n == 1 else "", n, "long/" * (18 if n == 0 else 60) if i == 1 else "", i)
                captions = [sentence() for _ in range(1 + i)]
                names = {"JPG" if i == 2 else "jpg": picture(), "txt": untidy("\n".join(captions)).encode(), "json": json.dumps({"caption": captions[0] + " \u00e9", "width": 48}).encode(),
                         "seg.png": picture("PNG")}
                for extension in (list(names) if i else reversed(names)):
                    member(stem + "." + extension, names[extension])
            member("README", b"no sample")


# ---------------------------------------------------------------- what Python reads

def tidy(text):
    return re.sub(r"[ \t\n\x0b\f\r]+", " ", text).strip()


def item(name, split, captions, group=""):
    return {"name": name, "split": split, "group": group, "captions": [tidy(c) for c in captions]}


def load(path):
    with open(os.path.join(ROOT, path)) as f:
        return json.load(f)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", newline="") as f:
        return f.read()


def read_coco(root, year):
    items = []
    for split in ("train", "val"):
        data = load("%s/annotations/captions_%s%s.json" % (root, split, year))
        for image in sorted(data["images"], key=lambda i: i["id"]):
            items.append(item("%s%s/%s" % (split, year, image["file_name"]), split, [a["caption"] for a in data["annotations"] if a["image_id"] == image["id"]]))
    return items


def read_karpathy(root):
    images = sorted(load(root + "/dataset_coco.json")["images"], key=lambda i: (i["split"], i["filename"]))
    return [item(i["filepath"] + "/" + i["filename"], i["split"], [s["raw"] for s in i["sentences"]]) for i in images]


def read_flickr_token(root):
    splits = {i["filename"]: i["split"] for i in load(root + "/dataset_flickr30k.json")["images"]}
    captions = {}
    for line in read(root + "/results_20130124.token").splitlines():
        key, text = line.split("\t")
        captions.setdefault(key.split("#")[0], []).append(text)
    return [item("flickr30k-images/" + n, splits.get(n, "rest"), c) for n, c in sorted(captions.items())]


def read_flickr_kaggle(root):
    captions = {}
    for line in read(root + "/flickr30k_images/results.csv").splitlines()[1:]:
        cells = line.split("|")
        if len(cells) == 2:  # The known defect: the second bar is missing.
            cells = [cells[0]] + cells[1].strip().split(None, 1)
        captions.setdefault(cells[0], []).append(cells[2])
    return [item("flickr30k_images/flickr30k_images/" + n, "", c) for n, c in sorted(captions.items())]


def lists(root):
    for split in ("train", "test"):
        with open(os.path.join(ROOT, root, split, "filenames.pickle"), "rb") as f:
            for name in pickle.load(f, encoding="utf-8"):
                yield split, name


def read_cub(root):
    items = []
    for split, name in lists(root):
        text = read("%s/text/%s.txt" % (root, name)).replace("\ufffd\ufffd", " ")
        items.append(item("CUB_200_2011/images/%s.jpg" % name, split, [c for c in text.split("\n") if c.strip()], name.split("/")[0]))
    return items


def read_boxes(root):
    """Mean colour of what the papers cut out, by the arithmetic of AttnGAN's loader."""
    lines = [line.split() for line in read(root + "/CUB_200_2011/bounding_boxes.txt").splitlines()]
    boxes = {i: [int(float(v)) for v in box] for i, *box in lines}
    cut = {}
    for line in read(root + "/CUB_200_2011/images.txt").splitlines():
        i, name = line.split()
        image = Image.open(os.path.join(ROOT, root, "CUB_200_2011/images", name)).convert("RGB")
        x, y, w, h = boxes[i]
        r = int(np.maximum(w, h) * 0.75)
        cx, cy = int((2 * x + w) / 2), int((2 * y + h) / 2)
        part = image.crop([max(0, cx - r), max(0, cy - r), min(image.size[0], cx + r), min(image.size[1], cy + r)])
        cut["CUB_200_2011/images/" + name] = [part.size[0], part.size[1]] + [float(v) for v in np.asarray(part, np.float64).mean((0, 1))]
    return cut


def read_flowers(root):
    items = []
    for split, file in (("train", "trainvalclasses.txt"), ("test", "testclasses.txt")):
        for c in read(root + "/" + file).split():
            for text in sorted(os.listdir(os.path.join(ROOT, root, "text_c10", c))):
                items.append(item("jpg/" + text.replace(".txt", ".jpg"), split, read("%s/text_c10/%s/%s" % (root, c, text)).split("\n"), c))
    return items


def read_attngan_coco(root):
    return [item("images/%s.jpg" % name, split, read("%s/text/%s.txt" % (root, name)).strip().split("\n")) for split, name in lists(root)]


def read_folder(root):
    items = []
    for split in ("test", "train", "validation"):
        rows = {}
        for line in read("%s/%s/metadata.jsonl" % (root, split)).splitlines():
            if line.strip():
                row = json.loads(line)
                files = row.get("file_names") or [row.get("file_name") or row.get("photo_file_name")]
                texts = row["text"] if isinstance(row["text"], list) else [row["text"]]
                for file in files:
                    rows.setdefault(file, []).extend(texts)
        items += [item("%s/%s" % (split, name), split, texts) for name, texts in sorted(rows.items())]
    return items


def read_shards(root, text):
    """WebDataset's own rule of keys."""
    items = []
    for shard in sorted(os.listdir(os.path.join(ROOT, root))):
        samples = []
        with tarfile.open(os.path.join(ROOT, root, shard)) as tar:
            for member in tar:
                match = re.match(r"^((?:.*/|)[^.]+)[.]([^/]*)$", member.name)
                if not member.isreg() or not match or member.name.startswith("__"):
                    continue
                key, extension = match.group(1), match.group(2).lower()
                if not samples or samples[-1]["key"] != key:
                    samples.append({"key": key})
                samples[-1][extension] = (member.name, tar.extractfile(member).read())
        for sample in samples:
            captions = [json.loads(sample["json"][1])[text]] if text else [line for line in sample["txt"][1].decode().splitlines() if line.strip()]
            items.append(item(shard + "/" + sample["jpg"][0], "", captions))
    return items


# ---------------------------------------------------------------- what must be refused

def write_hostile(root):
    class Hostile:
        def __reduce__(self):
            return (print, ("this pickle ran",))

    for protocol in (0, 2, 4):
        put("%s/reduce-%d.pickle" % (root, protocol), pickle.dumps(["001.Bird/a", Hostile()], protocol))
    put(root + "/inst.pickle", b"(i__builtin__\nlist\n.")
    put(root + "/dict.pickle", pickle.dumps([{"a": 1}], 2))
    put(root + "/number.pickle", pickle.dumps(["a", 7], 2))
    put(root + "/string.pickle", pickle.dumps("a", 2))
    whole = pickle.dumps(["001.Bird/a", "001.Bird/b"], 2)
    put(root + "/cut.pickle", whole[:-9])
    put(root + "/huge.pickle", b"\x80\x02]q\x00X\xff\xff\xff\x7fabc.")
    put(root + "/negative.pickle", b"\x80\x02]q\x00T\xff\xff\xff\xffabc.")
    put(root + "/self.pickle", b"\x80\x02]q\x00h\x00a.")
    put(root + "/empty-stack.pickle", b"\x80\x02a.")

    def shard(name, members):
        path = os.path.join(ROOT, root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
            for member, content, kind in members:
                info = tarfile.TarInfo(member)
                info.type, info.size, info.mtime = kind, len(content), 0
                info.linkname = "/etc/passwd" if kind == tarfile.SYMTYPE else ""
                tar.addfile(info, io.BytesIO(content))

    good = [("a.jpg", picture(), tarfile.REGTYPE), ("a.txt", b"a caption", tarfile.REGTYPE)]
    shard("climbs.tar", good + [("../../evil.jpg", picture(), tarfile.REGTYPE), ("/etc/evil.txt", b"x", tarfile.REGTYPE), ("b.jpg", b"", tarfile.SYMTYPE)])
    shard("faults.tar", good + [("b.jpg", picture(), tarfile.REGTYPE), ("c.txt", b"a caption", tarfile.REGTYPE),
                                ("d.jpg", picture(), tarfile.REGTYPE), ("d.jpg", picture(), tarfile.REGTYPE), ("d.txt", b"twice", tarfile.REGTYPE),
                                ("e.jpg", picture(), tarfile.REGTYPE), ("e.png", picture("PNG"), tarfile.REGTYPE), ("e.txt", b"two", tarfile.REGTYPE),
                                ("f.jpg", picture(), tarfile.REGTYPE), ("f.txt", b" \n ", tarfile.REGTYPE),
                                ("g.jpg", b"not a picture", tarfile.REGTYPE), ("g.txt", b"damaged", tarfile.REGTYPE)])
    with open(os.path.join(ROOT, root, "faults.tar"), "rb") as f:
        whole = f.read()
    put(root + "/cut.tar", whole[:1800])


def main():
    shutil.rmtree(ROOT, ignore_errors=True)
    write_coco("coco", "2014", {"train": 4, "val": 6})
    write_karpathy_coco("coco")
    write_coco("coco2017", "2017", {"train": 3, "val": 2})
    write_attngan_coco("attngan-coco")
    write_flickr_token("flickr30k")
    write_flickr_kaggle("flickr30k-kaggle")
    write_cub("birds")
    write_flowers("flowers")
    write_folder("folder")
    write_table("table")
    write_shards("shards")
    expected = {
        "coco:coco?splits=official": read_coco("coco", "2014"),
        "coco:coco?splits=karpathy": read_karpathy("coco"),
        "coco:coco2017": read_coco("coco2017", "2017"),
        "coco:attngan-coco": read_attngan_coco("attngan-coco"),
        "flickr30k:flickr30k": read_flickr_token("flickr30k"),
        "flickr30k:flickr30k-kaggle": read_flickr_kaggle("flickr30k-kaggle"),
        "cub:birds": read_cub("birds"),
        "flowers:flowers": read_flowers("flowers"),
        "folder:folder": read_folder("folder"),
        "folder:table?table=captions.tsv": [item("x.jpg", "", ['a "quoted" word', "second"]), item("y/z.jpg", "", ["tab\there"])],
        "webdataset:shards/set-{000000..000002}.tar": read_shards("shards", None),
        "webdataset:shards/set-*.tar?text=caption": read_shards("shards", "caption"),
    }
    put("expected.json", json.dumps({"sets": expected, "boxes": read_boxes("birds")}, indent=1))
    write_hostile("hostile")


main()
