# Becomes a program that shares the network with the machine, and neither processes nor mounts: ROOT FOLDER PROGRAM…
#
# It sees ROOT as `/`, which stays as it is, and FOLDER under its own name. All that it mounts goes when it ends.
root=$1 folder=$2
shift 2
if [ "$root" = / ]; then
    mount -t proc proc /proc
    # A containerd of the machine's could not see what is mounted here.
    [ ! -d /run/containerd ] || mount -t tmpfs none /run/containerd
    exec "$@"
fi
mkdir -p "$folder/root"
mount -t tmpfs none "$folder/root"
cd "$folder/root"
mkdir written scratch new
mount -t overlay -o "lowerdir=$root,upperdir=written,workdir=scratch" overlay new
mount -t proc proc new/proc
mount --rbind /sys new/sys
mount --rbind /dev new/dev
mount -t tmpfs none new/run
mkdir -p "new$folder"
mount --bind "$folder" "new$folder"
cp /etc/hosts new/etc/
cd new
pivot_root . mnt
umount -l /mnt
exec "$@"
