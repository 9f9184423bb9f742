"""Writes a small BertForSequenceClassification as Hugging Face does, with its logits for some texts.

Needs torch, transformers and tokenizers. Writes config.json, model.safetensors, tokenizer.json and
tokenizer_config.json to bert/, and texts, token ids and logits to bert.json. sentence/ has a BertModel
in the form of sentence-transformers; its vectors are means over tokens, of length 1, as that library's
Pooling and Normalize compute them.
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

torch.manual_seed(6)
encoder = transformers.BertModel(transformers.BertConfig(
    vocab_size=len(tokens), hidden_size=12, num_hidden_layers=1, num_attention_heads=3,
    intermediate_size=16, max_position_embeddings=20, initializer_range=0.3)).eval()
encoder.save_pretrained("sentence")
tokenizer.save_pretrained("sentence")
os.makedirs("sentence/1_Pooling", exist_ok=True)
with open("sentence/1_Pooling/config.json", "w") as file:
    json.dump({"word_embedding_dimension": 12, "pooling_mode_cls_token": False,
               "pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": False}, file)
with open("sentence/modules.json", "w") as file:
    json.dump([{"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
               for i, (path, kind) in enumerate([("", "Transformer"), ("1_Pooling", "Pooling"),
                                                 ("2_Normalize", "Normalize")])], file)
with open("sentence/sentence_bert_config.json", "w") as file:
    json.dump({"max_seq_length": 16, "do_lower_case": False}, file)
batch = tokenizer(texts, padding=True, truncation=True, max_length=16, return_tensors="pt")
with torch.no_grad():
    states = encoder(**batch).last_hidden_state
mask = batch["attention_mask"].unsqueeze(-1).float()
vectors = torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1).clamp(min=1e-9), dim=1)
with open("sentence.json", "w") as file:
    json.dump({"texts": texts, "vectors": [[round(value, 7) for value in row] for row in vectors.tolist()]}, file)
