"""Records logits, loss and gradients of small encoders of Hugging Face's transformers, and folders of them.

Needs torch, transformers and tokenizers. Writes for each kind NAME/ with config.json, model.safetensors and
tokenizer.json, in the form of transformers, and NAME.json with texts, token ids, logits, labels, the loss in training
mode without dropout, and its gradients; and sentence-NAME/ and sentence-NAME.json in the form of sentence-transformers,
where vectors are the mean over tokens, or the first token's state, of length 1.
"""

import json
import os

import torch
import transformers
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

TEXTS = ["The cat sat on the mat.", "Dogs ran UNHAPPYLY, quickly!", "é", "a b c d e f g h i j k l m n o p q r s t u v w x"]
LENGTH = 18


def numbers(tensor):
    return [float(f"{value:.8g}") for value in tensor.flatten().tolist()]


def word_piece():
    words = "the a cat dog sat ran on under mat table quickly un ##happy ##ly ! , . é".split()
    letters = [chr(97 + i) for i in range(26)]
    tokens = list(dict.fromkeys(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + words + letters + ["##" + c for c in letters]))
    tokenizer = Tokenizer(models.WordPiece({token: i for i, token in enumerate(tokens)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.add_special_tokens(tokens[:5])
    return tokenizer


def byte_pairs():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.train_from_iterator(TEXTS * 9, trainers.BpeTrainer(
        vocab_size=300, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>"]))
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return tokenizer


def unigram():
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.train_from_iterator(TEXTS * 9, trainers.UnigramTrainer(
        vocab_size=60, unk_token="<unk>", show_progress=False, special_tokens=["<s>", "<pad>", "</s>", "<unk>"]))
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    return tokenizer


def batch(tokenizer, padding):
    tokenizer.enable_truncation(LENGTH)
    ids = [tokenizer.encode(text).ids for text in TEXTS]
    tokenizer.no_truncation()
    longest = max(map(len, ids))
    return ids, torch.tensor([row + [padding] * (longest - len(row)) for row in ids]), torch.tensor(
        [[1] * len(row) + [0] * (longest - len(row)) for row in ids])


def spread(model):
    """Weights large enough that texts differ."""
    for name, parameter in model.named_parameters():
        with torch.no_grad():
            parameter.add_(0.3 * torch.randn_like(parameter) if parameter.dim() > 1 else 0.1 * torch.randn_like(parameter))


def main():
    torch.manual_seed(7)
    sizes = {"hidden_size": 12, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 20}
    small = {"dim": 12, "n_layers": 2, "n_heads": 3, "hidden_dim": 20}
    shared = {"id2label": {0: "negative", 1: "neutral", 2: "positive"}}
    kinds = [
        ("minilm", "Bert", word_piece(), 0, {**sizes, "max_position_embeddings": LENGTH}),
        ("distilbert", "DistilBert", word_piece(), 0, {**small, "max_position_embeddings": LENGTH}),
        ("roberta", "Roberta", byte_pairs(), 1,
         {**sizes, "max_position_embeddings": LENGTH + 2, "type_vocab_size": 1, "layer_norm_eps": 1e-5}),
        ("xlm-roberta", "XLMRoberta", unigram(), 1,
         {**sizes, "max_position_embeddings": LENGTH + 2, "type_vocab_size": 1, "layer_norm_eps": 1e-5}),
    ]
    for name, title, tokenizer, padding, options in kinds:
        config = getattr(transformers, title + "Config")(
            vocab_size=tokenizer.get_vocab_size(), pad_token_id=padding, **options, **shared)
        ids, tokens, mask = batch(tokenizer, padding)
        model = getattr(transformers, title + "ForSequenceClassification")(config).eval()
        spread(model)
        model.save_pretrained(name)
        tokenizer.save(f"{name}/tokenizer.json")
        model = model.double()
        for module in model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0
        logits = model(input_ids=tokens, attention_mask=mask).logits
        labels = torch.tensor([0, 1, 2, 1])
        loss = torch.nn.functional.cross_entropy(logits, labels)
        loss.backward()
        gradients = {key: numbers(value.grad) for key, value in model.named_parameters() if value.grad is not None}
        record = {
            "transformers": transformers.__version__, "texts": TEXTS, "ids": ids, "tokens": tokens.tolist(),
            "mask": mask.tolist(), "logits": [numbers(row) for row in logits], "labels": labels.tolist(),
            "loss": loss.item(), "gradients": gradients}
        with open(f"{name}.json", "w") as file:
            json.dump(record, file)
        if name == "minilm":
            continue
        encoder = getattr(transformers, title + "Model")(config).eval()
        spread(encoder)
        folder = "sentence-" + name
        encoder.save_pretrained(folder)
        tokenizer.save(f"{folder}/tokenizer.json")
        first = name == "roberta"
        os.makedirs(f"{folder}/1_Pooling", exist_ok=True)
        with open(f"{folder}/1_Pooling/config.json", "w") as file:
            json.dump({"word_embedding_dimension": 12, "pooling_mode_cls_token": first, "pooling_mode_mean_tokens": not first}, file)
        with open(f"{folder}/modules.json", "w") as file:
            json.dump([{"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
                       for i, (path, kind) in enumerate([("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")])], file)
        with torch.no_grad():
            states = encoder(input_ids=tokens, attention_mask=mask).last_hidden_state
        weights = mask.unsqueeze(-1).float()
        pooled = states[:, 0] if first else (states * weights).sum(1) / weights.sum(1)
        vectors = torch.nn.functional.normalize(pooled, dim=1)
        with open(f"{folder}.json", "w") as file:
            json.dump({"texts": TEXTS, "vectors": [numbers(row) for row in vectors]}, file)


main()
