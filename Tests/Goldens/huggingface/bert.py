"""Writes a small BertForSequenceClassification as Hugging Face does, with its logits for some texts.

Needs torch, transformers and tokenizers. Writes config.json, model.safetensors, tokenizer.json and
tokenizer_config.json to bert/, and texts, token ids and logits to bert.json.
"""

import json
import os

import torch
import transformers

torch.manual_seed(5)
words = "the a cat dog sat ran on under mat table quickly un ##happy ##ly ! , . é".split()
tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + words + [chr(97 + i) for i in range(26) if i] + [
    "##" + chr(97 + i) for i in range(26)]
os.makedirs("bert", exist_ok=True)
with open("bert/vocab.txt", "w") as file:
    file.write("\n".join(tokens) + "\n")
tokenizer = transformers.BertTokenizerFast(vocab="bert/vocab.txt", do_lower_case=True)
model = transformers.BertForSequenceClassification(transformers.BertConfig(
    vocab_size=len(tokens), hidden_size=16, num_hidden_layers=2, num_attention_heads=4,
    intermediate_size=24, max_position_embeddings=20, initializer_range=0.3,
    id2label={0: "negative", 1: "neutral", 2: "positive"})).eval()
tokenizer.save_pretrained("bert")
model.save_pretrained("bert")
if os.path.exists("bert/tokenizer.json"):
    os.remove("bert/vocab.txt")
texts = ["The cat sat on the mat.", "Dogs ran UNHAPPYLY, quickly!", "é", "a b c d e f g h i j k l m n o p q r s t u v w x"]
batch = tokenizer(texts, padding=True, truncation=True, max_length=20, return_tensors="pt")
with torch.no_grad():
    logits = model(**batch).logits
with open("bert.json", "w") as file:
    json.dump({
        "transformers": transformers.__version__, "texts": texts,
        "ids": [ids[mask.bool()].tolist() for ids, mask in zip(batch["input_ids"], batch["attention_mask"])],
        "logits": [[round(value, 7) for value in row] for row in logits.tolist()]}, file)
