package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strconv"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// The folder that stands for the cloud: TYPE/ID.json for each resource.
type cloud struct{ folder string }

func (c cloud) path(kind, id string) string {
	return filepath.Join(c.folder, kind, filepath.Base(id)+".json")
}

// Ids are digits, as clouds that want numbers want them.
func (c cloud) newID() (string, error) {
	number, err := rand.Int(rand.Reader, big.NewInt(1<<31))
	if err != nil {
		return "", err
	}
	return strconv.FormatInt(1_000_000+number.Int64(), 10), nil
}

// The resource as JSON; nil where it is gone.
func (c cloud) read(kind, id string) ([]byte, error) {
	text, err := os.ReadFile(c.path(kind, id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return text, err
}

func (c cloud) write(kind, id string, value tftypes.Value) error {
	plain, err := plainOf(value)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(plain, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(c.folder, kind), 0o700); err != nil {
		return err
	}
	return os.WriteFile(c.path(kind, id), text, 0o600)
}

func (c cloud) remove(kind, id string) error {
	err := os.Remove(c.path(kind, id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
